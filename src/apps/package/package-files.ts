import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { PackageFiles } from "../ports.ts";
import type { PackageDisk } from "./disk.ts";
import { hexOf } from "./format.ts";
import { packageLimits } from "./limits.ts";
import { mediaTypeOf } from "./media-type.ts";

/** What was put there so lately may belong to an upload whose resource is just being made. */
const graceMs = 10 * 60_000;

/** The files of packages on this machine. */
export function createPackageFiles(options: {
  readonly disk: PackageDisk;
  readonly clock: Clock;
}): PackageFiles {
  const { disk, clock } = options;
  return {
    artifact: async (digest) => {
      const folder = await disk.tree(hexOf(digest));
      if (folder === undefined)
        throw new VdcError("not-found", `The files ${digest} are not on this machine.`);
      return folder;
    },
    blob: async (digest) => {
      const bytes = await disk.blob(hexOf(digest), packageLimits.sbomBytes);
      if (bytes === undefined) throw new VdcError("not-found", `The file ${digest} is not on this machine.`);
      return { mediaType: mediaTypeOf(bytes), bytes };
    },
    removeUnused: async (inUse) => {
      let removed = 0;
      for (const thing of await disk.kept()) {
        if (inUse.has(`sha256:${thing.hex}`) || thing.keptAt > clock.now() - graceMs) continue;
        await disk.remove(thing);
        removed += 1;
      }
      return removed;
    },
  };
}
