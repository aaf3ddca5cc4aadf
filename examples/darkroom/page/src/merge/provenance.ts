import { type Provenance, xmpPacket } from "#darkroom/export/xmp.ts";
import type { Album } from "../data/own-server.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { RunRecord } from "./run-records.ts";

/** The same as an XMP packet. */
export function provenanceOf(...given: Parameters<typeof provenanceFacts>): Uint8Array {
  return xmpPacket(provenanceFacts(...given));
}

/** Where a result comes from: sources, kernels, the tasks that made it, parameters. */
export function provenanceFacts(
  album: Album,
  { manifest }: Kernels,
  record: RunRecord,
  tasks: readonly string[],
): Provenance {
  const names = new Map(album.photos.map(({ hash, name }) => [hash, name]));
  return {
    package: record.package,
    version: manifest.version,
    tasks,
    parameters: { as: record.as, ...record.parameters },
    sources: record.from.map((hash) => `${names.get(hash) ?? "photo"} (${hash.slice(0, 16)})`),
  };
}
