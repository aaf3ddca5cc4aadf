import { z } from "zod";

/** RFC 1123 label: ASCII only, so no slash, no dot-dot, no look-alike letter can be a name. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "use 1 to 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit",
  )
  .describe("Name: an RFC 1123 label");

export const userNameSchema = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/,
    "use 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning and ending with a letter or digit",
  )
  .describe("User name");

const labelKey = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/,
    "a label's key is 1 to 63 of A-Z, a-z, 0-9, '.', '_', '/' and '-'",
  );
const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    "a label's value is at most 63 of A-Z, a-z, 0-9, '.', '_' and '-'",
  );

export const maxLabels = 64;

export const labelsSchema = z
  .record(labelKey, labelValue)
  .refine((labels) => Object.keys(labels).length <= maxLabels, `at most ${maxLabels} labels`)
  .describe("Labels: short key and value pairs to select by");
