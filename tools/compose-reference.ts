import { z } from "zod";
import { deployTable, limitsTable, resourcesTable } from "#apps/package/compose/deploy-table.ts";
import { fileTable } from "#apps/package/compose/file-table.ts";
import { serviceTable } from "#apps/package/compose/service-table.ts";
import { xVdcSchema } from "#apps/package/compose/x-vdc.ts";
import { table, type GeneratedFile } from "#tools/generated-file.ts";
import { schemaFields } from "#tools/schema-fields.ts";

type Rules = Readonly<Record<string, { readonly becomes: string } | { readonly refused: string }>>;

/** docs/reference/compose.md from the tables that read a Compose file. */
export const composeReference: GeneratedFile = {
  path: "docs/reference/compose.md",
  generate: () => {
    const own = schemaFields(z.toJSONSchema(xVdcSchema, { io: "input" }));
    const ownRows = own.map(({ path, type, fallback, meaning }) => [`\`${path}\``, type, fallback, meaning]);
    return `# Compose files

Made from \`src/apps/package/compose\` by \`npm run generate\`; do not edit.

A package names a Compose file ([compose-spec.io](https://compose-spec.io)) for its components, and a Compose file can be
deployed as it is: \`vdc deploy compose.yaml\`. A key is either supported, and then this page says what it becomes, or it is
refused with a reason. **Nothing is silently ignored**: a key that is on neither list is an error that names the nearest known one.
Extensions (\`x-…\`) mean nothing by the specification and may hold anchors; \`x-vdc\` is ours.

- YAML: one document, no key twice, anchors, aliases (at most 200) and merge keys (\`<<\`).
- Variables: \`$NAME\`, \`\${NAME}\` and \`\${NAME…}\` with \`:-\`, \`-\`, \`:?\`, \`?\`, \`:+\`, \`+\`; \`$$\` is a dollar. They come
  from \`.env\` beside the file and never from the builder's environment, so that one folder is one package. One that is
  not set is an error. \`\${settings.NAME}\` stays, and is filled in for each instance.
- Files of the package are seen read-only below \`/app\`. A bind such as \`.:/usr/src/app\` that holds the working directory is
  moved there, and so is the working directory; a command or variable that names the other place is an error.
- A service without a health check that has a port is ready when it takes connections.

## The file

${keyTables(fileTable)}

## Services

${keyTables(serviceTable)}

## deploy

${keyTables(deployTable)}

### deploy.resources

${keyTables(resourcesTable)}

### deploy.resources.limits

${keyTables(limitsTable)}

## x-vdc

${table(["field", "type", "default", "meaning"], ownRows)}
`;
  },
};

function keyTables(rules: Rules): string {
  const entries = Object.entries(rules).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const supported = entries.flatMap(([key, rule]) =>
    "becomes" in rule ? [[`\`${key}\``, rule.becomes]] : [],
  );
  const refused = entries.flatMap(([key, rule]) => ("refused" in rule ? [[`\`${key}\``, rule.refused]] : []));
  return [
    ...(supported.length === 0 ? [] : [table(["supported", "becomes"], supported)]),
    ...(refused.length === 0 ? [] : [table(["refused", "why, and what instead"], refused)]),
  ].join("\n\n");
}
