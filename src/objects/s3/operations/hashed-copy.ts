import { checksumStream } from "#objects/checksum/checksum.ts";
import type { ChecksumAlgorithm, StoredChecksum } from "#objects/records.ts";

import type { ObjectSource } from "./store-object.ts";

/** Bytes that we read ourselves, with what a body from outside would have brought: MD5 and checksums. */
export function hashedCopy(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  algorithms: readonly ChecksumAlgorithm[],
): ObjectSource {
  const md5 = checksumStream("MD5");
  const streams = algorithms.map((algorithm) => ({ algorithm, stream: checksumStream(algorithm) }));
  let digest: ReturnType<ObjectSource["digest"]> | undefined;
  return {
    size,
    chunks: hashing(chunks, [md5, ...streams.map((each) => each.stream)]),
    // Streams are finished once; several ask.
    digest: () =>
      (digest ??= {
        size,
        md5: md5.digest().toString("hex"),
        checksums: streams.map(({ algorithm, stream }): StoredChecksum => ({
          algorithm,
          type: "FULL_OBJECT",
          value: stream.digest().toString("base64"),
        })),
      }),
  };
}

async function* hashing(
  chunks: AsyncIterable<Uint8Array>,
  streams: readonly { update(bytes: Uint8Array): void }[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    for (const stream of streams) stream.update(chunk);
    yield chunk;
  }
}
