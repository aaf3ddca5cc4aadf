import { z } from "zod";
import { VdcError } from "#api/errors.ts";
import { newSigningKey, type SigningKey } from "#burst/packages/signature.ts";
import { readText, writePrivateText } from "#drivers/local-files/local-files.ts";

const maxKeyBytes = 4_096;
const keySchema = z.strictObject({ publicKey: z.string(), privateKey: z.string() });

/**
 * The key with which the data center vouches for kernel packages: made once, readable by its owner alone, never told. Without the file a new one is made, and what the old one
 * signed stays admitted where it is.
 */
export async function openKernelKey(path: string): Promise<SigningKey> {
  const found = await readText(path, maxKeyBytes);
  if (found === undefined) {
    await writePrivateText(path, `${JSON.stringify(await newSigningKey())}\n`);
    // What is there now counts: another control process may have been here at the same moment.
    return await openKernelKey(path);
  }
  const key = keySchema.safeParse(jsonOf(found.text));
  if (key.success && (found.mode & 0o077) === 0) return key.data;
  const why = key.success ? "can be read by others" : "does not hold the key that signs kernel packages";
  throw new VdcError("invalid", `${path} ${why}: put the right file back, or remove it for a new key.`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no key, like any other wrong content
  }
}
