import { kinds } from "#api/kinds.ts";
import { openApiDocument } from "#server/openapi/document.ts";
import type { GeneratedFile } from "#tools/generated-file.ts";

/** openapi.json: the contract of the API as the public sees it. */
export const openApiFile: GeneratedFile = {
  path: "openapi.json",
  generate: () => `${JSON.stringify(openApiDocument(kinds), undefined, 2)}\n`,
};
