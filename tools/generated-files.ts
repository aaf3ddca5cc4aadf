import { cliReference } from "#tools/cli-reference.ts";
import { composeReference } from "#tools/compose-reference.ts";
import { dependencyManifest } from "#tools/dependency-manifest.ts";
import { errorsReference } from "#tools/errors-reference.ts";
import type { GeneratedFile } from "#tools/generated-file.ts";
import { kindsReference } from "#tools/kinds-reference.ts";
import { openApiFile } from "#tools/openapi-document.ts";
import { packageSchema } from "#tools/package-schema.ts";

/** Every committed file that a program makes. */
export const generatedFiles: readonly GeneratedFile[] = [
  openApiFile,
  cliReference,
  errorsReference,
  kindsReference,
  composeReference,
  packageSchema,
  dependencyManifest,
];
