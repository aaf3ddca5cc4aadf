import { z } from "zod";
import { Refusal } from "./reply.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";

export const stageSchema = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where burst wants it: a signed address of the same object store. */
  url: z.url().max(4_096),
  headers: z.record(z.string().regex(/^[a-z0-9-]{1,60}$/), z.string().max(500)).default({}),
});

const withinMs = 120_000;

/**
 * Copies an original from the album to the blobs of burst: store to store on the data center's own network, so that photos which lie here already never pass the user's
 * uplink again. Only the object store itself may be the target: this server must not be a way to anywhere else.
 */
export async function stage(
  store: Store,
  { s3 }: Settings,
  user: string,
  given: z.infer<typeof stageSchema>,
): Promise<void> {
  const target = new URL(given.url);
  if (target.origin !== s3.endpoint.origin)
    throw new Refusal(422, "The address is none of the object store.");
  const source = await store.open(store.keyOf(user, "original", given.hash));
  if (source.status === 404) throw new Refusal(404, "The original is not in the album's bucket.");
  if (!source.ok || source.body === null)
    throw new Refusal(502, "The object store did not give the original.");
  const answer = await fetch(target, {
    method: "PUT",
    body: source.body,
    duplex: "half",
    redirect: "error",
    headers: { ...given.headers, "content-length": source.headers.get("content-length") ?? "" },
    signal: AbortSignal.timeout(withinMs),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Refusal(502, `The object store refused the copy (${answer.status}).`);
}
