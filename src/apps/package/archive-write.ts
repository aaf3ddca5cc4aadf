import { canonicalJson } from "#lib/json.ts";
import { hexOf, mediaTypes, ociLayout, type Descriptor } from "./format.ts";
import { writeTar, type TarItem } from "./tar-write.ts";

export interface Blob {
  readonly descriptor: Descriptor;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** The outer tar: layout and index first, then the blobs in the order of their digests. */
export function writeArchive(
  app: Descriptor,
  blobs: readonly Blob[],
  signatures: readonly Descriptor[] = [],
): AsyncGenerator<Uint8Array> {
  const index = canonicalJson({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [app, ...signatures].map((one) => ({ ...one })),
  });
  const sorted = blobs.toSorted((a, b) => (a.descriptor.digest < b.descriptor.digest ? -1 : 1));
  return writeTar([
    text("oci-layout", ociLayout),
    text("index.json", index),
    { type: "folder", path: "blobs" },
    { type: "folder", path: "blobs/sha256" },
    ...sorted.map(({ descriptor, content }): TarItem => ({
      type: "file",
      path: `blobs/sha256/${hexOf(descriptor.digest)}`,
      size: descriptor.size,
      executable: false,
      content,
    })),
  ]);
}

function text(path: string, content: string): TarItem {
  const bytes = Buffer.from(content);
  return {
    type: "file",
    path,
    size: bytes.byteLength,
    executable: false,
    content: async function* () {
      yield bytes;
    },
  };
}
