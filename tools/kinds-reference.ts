import { z } from "zod";
import type { Access } from "#api/access.ts";
import type { KindDefinition } from "#api/kind.ts";
import { kinds } from "#api/kinds.ts";
import { table, type GeneratedFile } from "#tools/generated-file.ts";
import { schemaFields } from "#tools/schema-fields.ts";

/** docs/reference/kinds.md from the schemas of every kind. */
export const kindsReference: GeneratedFile = {
  path: "docs/reference/kinds.md",
  generate: () => {
    const chapters = [...kinds.values()].map(kindChapter);
    return `# Kinds of resources

Made from \`src/api/kinds\` by \`npm run generate\`; do not edit.

A resource is \`{kind, project, name, labels, spec, status}\` with an identity, a generation and a revision.
\`spec\` is what is wanted and is written by users; \`status\` is what was observed and is written by VDC.
An unknown field is an error that names the nearest known one.

${chapters.join("\n")}`;
  },
};

function kindChapter(kind: KindDefinition): string {
  const verbs = Object.entries(kind.access).map(([verb, access]) => [verb, accessText(access)]);
  const guarded = kind.guarded.map(({ path, needs, why }) => `- \`${path}\` needs \`${needs}\`: ${why}`);
  return `## ${kind.kind}

${kind.description}. Plural \`${kind.plural}\`${shortNamesText(kind)}; ${scopeText(kind)}.
${kind.finalized ? "\nDeleting sets `deletingSince`; the resource goes when VDC has cleaned up after it.\n" : ""}
### Who may

${table(["verb", "who"], verbs)}
${guarded.length === 0 ? "" : `\n${guarded.join("\n")}\n`}
### spec

${fieldTable(kind.spec)}

### status

${fieldTable(kind.status)}

### Example

\`\`\`json
${JSON.stringify({ kind: kind.kind, ...kind.example }, undefined, 2)}
\`\`\`
`;
}

function fieldTable(schema: z.ZodType): string {
  const fields = schemaFields(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  if (fields.length === 0) return "Nothing.";
  return table(
    ["field", "type", "default", "meaning"],
    fields.map(({ path, type, fallback, meaning }) => [`\`${path}\``, type, fallback, meaning]),
  );
}

function accessText(access: Access): string {
  switch (access.rule) {
    case "public":
      return `anybody: ${access.why}`;
    case "signed-in":
      return "anybody who is signed in";
    case "filtered":
      return "anybody who is signed in sees what they may view";
    case "project":
      return `${access.role} of the project, or an owner of the data center`;
    case "owner":
      return "an owner of the data center";
  }
}

function shortNamesText({ shortNames }: KindDefinition): string {
  return shortNames.length === 0 ? "" : `, short ${shortNames.map((name) => `\`${name}\``).join(", ")}`;
}

function scopeText({ scope }: KindDefinition): string {
  return scope === "center" ? "one name space for the data center" : "a name space in each project";
}
