import { harmlessText, isSteering } from "#cli/output/harmless.ts";

/** JSON for programs, indented by two. Steering characters are escaped, which reads back as the same text. */
export function jsonText(value: unknown): string {
  return `${harmlessText(JSON.stringify(value, undefined, 2) ?? "null")}\n`;
}

/** JSON on one line: for values that come one after another, as in a watch. */
export function jsonLine(value: unknown): string {
  return `${harmlessText(JSON.stringify(value) ?? "null")}\n`;
}

/** YAML that reads back as the same value; text with steering characters is double-quoted and escaped. */
export async function yamlText(value: unknown): Promise<string> {
  const { Document, visit } = await import("yaml");
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === "string" && needsQuotes(scalar.value)) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return harmlessText(
    document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }),
  );
}

/** Blanks at the ends of lines are lost in yaml 2.9's block scalars: " \n" comes back as "\n". */
function needsQuotes(text: string): boolean {
  return isSteering(text.replaceAll("\n", "")) || (text.includes("\n") && /^[ \t]|[ \t]$/m.test(text));
}
