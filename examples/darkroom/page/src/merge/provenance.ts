import { xmpPacket } from "#darkroom/export/xmp.ts";
import type { Album } from "../data/own-server.ts";
import type { Kernels } from "../engine/kernels.ts";
import type { RunRecord } from "./run-records.ts";

/** Where a result comes from, as an XMP packet: sources, kernels, results of tasks, parameters. */
export function provenanceOf(
  album: Album,
  { manifest }: Kernels,
  record: RunRecord,
  results: ReadonlyMap<string, string>,
): Uint8Array {
  const names = new Map(album.photos.map(({ hash, name }) => [hash, name]));
  return xmpPacket({
    package: record.package,
    version: manifest.version,
    tasks: [...new Set(results.values())],
    parameters: { as: record.as, ...record.parameters },
    sources: record.from.map((hash) => `${names.get(hash) ?? "photo"} (${hash.slice(0, 16)})`),
  });
}
