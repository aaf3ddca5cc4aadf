import type { Operation } from "#objects/s3/operation.ts";

import { bucketOperations } from "./bucket-operations.ts";
import { objectOperations } from "./object-operations.ts";
import { unsupportedOperations } from "./unsupported.ts";

/** Every call of S3. What is not here does not exist. */
export const operations: readonly Operation[] = [
  ...bucketOperations,
  ...objectOperations,
  ...unsupportedOperations,
];
