import type { z } from "zod";
import { VdcError } from "#api/errors.ts";
import { parseInput } from "#api/validate.ts";
import { jsonDepth } from "#lib/json.ts";
import type { PackageDraft } from "./disk.ts";
import { hexOf, type Descriptor } from "./format.ts";
import type { PackageLimits } from "./limits.ts";
import { refused } from "./refuse.ts";

/** Reads JSON from an archive: bounded in size and depth before any parser sees it, then by its schema. */
export function parseDocument<S extends z.ZodType>(
  bytes: Uint8Array,
  schema: S,
  options: { readonly name: string; readonly limits: PackageLimits },
): z.output<S> {
  const { name, limits } = options;
  if (bytes.byteLength > limits.documentBytes)
    throw refused("limit", name, `it is larger than ${limits.documentBytes} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (jsonDepth(text) > limits.documentDepth)
    throw refused("limit", name, `it is nested deeper than ${limits.documentDepth} levels`);
  try {
    return parseInput(schema, JSON.parse(text), name);
  } catch (cause) {
    if (!(cause instanceof VdcError)) throw refused("document", name, "it is not JSON", cause);
    const [field] = cause.fields;
    const why = field === undefined ? "it is not what it should be" : `${field.path}: ${field.message}`;
    throw refused("document", name, why, cause);
  }
}

export async function readBlob(
  draft: PackageDraft,
  descriptor: Descriptor,
  maxBytes: number,
): Promise<Uint8Array> {
  if (descriptor.size > maxBytes)
    throw refused("limit", descriptor.digest, `a document of this kind has at most ${maxBytes} bytes`);
  return await gather(draft.readBlob(hexOf(descriptor.digest)), maxBytes, descriptor.digest);
}

export async function gather(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  name: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.byteLength;
    if (total > maxBytes) throw refused("limit", name, `it is larger than ${maxBytes} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
