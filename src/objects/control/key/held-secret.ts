import type { z } from "zod";
import { heldPairSchema } from "#api/objects.ts";

export type HeldPair = z.infer<typeof heldPairSchema>;

/** What the secret of an app's key holds. */
export function heldText({ accessKeyId, secretAccessKey }: HeldPair): string {
  return JSON.stringify({ accessKeyId, secretAccessKey });
}

/** Undefined for anything else: somebody gave the secret a value of their own. */
export function heldPair(text: string): HeldPair | undefined {
  try {
    return heldPairSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // no JSON
  }
}
