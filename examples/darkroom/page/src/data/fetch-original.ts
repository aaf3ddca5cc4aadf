import { sha256 } from "../engine/sha256.ts";
import { linkMeasure } from "./link-measure.ts";
import { ownServer } from "./own-server.ts";

/** An original from the album's bucket, verified by its hash. Rejects with words for people. */
export async function fetchOriginal(hash: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const [url = ""] = await ownServer.urls([{ operation: "get", kind: "original", hash }]);
  const fetching = async () => {
    const answer = await fetch(url, { signal });
    if (!answer.ok)
      throw new Error(
        answer.status === 404
          ? "The original is not in the album's store yet; wait until its import has ended."
          : `The object store did not give the original (${answer.status}).`,
      );
    return new Uint8Array(await answer.arrayBuffer());
  };
  const bytes = await linkMeasure.down.during(fetching, ({ length }) => length);
  if ((await sha256(bytes)) !== hash)
    throw new Error("The original is not what its name says; it is not used.");
  return bytes;
}
