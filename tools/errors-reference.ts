import { errorTable } from "#api/errors.ts";
import { table, type GeneratedFile } from "#tools/generated-file.ts";

/** docs/reference/errors.md from the one table of errors. */
export const errorsReference: GeneratedFile = {
  path: "docs/reference/errors.md",
  generate: () => {
    const rows = Object.entries(errorTable).map(([code, { status, exit, title, remedy }]) => [
      `\`${code}\``,
      String(status),
      String(exit),
      title,
      remedy,
    ]);
    return `# Errors

Made from \`src/api/errors.ts\` by \`npm run generate\`; do not edit.

Every error of VDC has one of these codes. Over HTTP it is an \`application/problem+json\` document (RFC 9457)
whose \`code\` is the code and whose \`detail\` says what went wrong this time; the CLI prints the same detail with
the remedy and ends with the exit status. Codes never change their meaning, and none is taken away.

${table(["code", "HTTP status", "CLI exit", "what it means", "what you can do"], rows)}
`;
  },
};
