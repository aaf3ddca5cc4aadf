import { z } from "zod";

/** What the secret of an app's key holds, as JSON. Apps read it (`src/apps/instance/buckets.ts`) and know no more of keys. */
const heldSchema = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });

export type HeldPair = z.infer<typeof heldSchema>;

export function heldText({ accessKeyId, secretAccessKey }: HeldPair): string {
  return JSON.stringify({ accessKeyId, secretAccessKey });
}

/** Undefined for anything else: somebody gave the secret a value of their own. */
export function heldPair(text: string): HeldPair | undefined {
  try {
    const { data } = heldSchema.safeParse(JSON.parse(text));
    return data;
  } catch {
    return undefined; // no JSON
  }
}
