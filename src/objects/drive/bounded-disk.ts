import type { Clock } from "#lib/clock.ts";
import type { DrillFault } from "#objects/admin.ts";
import type { Disk, DiskFile } from "#objects/disk.ts";
import { CallLine, defaultCallLimits, type CallLimits } from "./call-line.ts";
import type { DiskHealth } from "./disk-health.ts";
import { Drill } from "./drill.ts";

/** A drive that cannot hold anybody up: every call is answered in bounded time. */
export interface BoundedDisk extends Disk {
  health(): DiskHealth;
  /** A fault made on purpose; undefined ends it. */
  setDrill(fault: DrillFault | undefined): void;
  readonly drill: DrillFault | undefined;
}

/**
 * Puts bounds around a disk: at most `inFlightMax` calls with the kernel, a bounded line, a time for each call. A call fails with ETIMEDOUT when its time is
 * over and with EBUSY when the line is full. A call that was given up may still take effect later: its buffer must not be used again, its file not be
 * trusted.
 */
export function boundDisk(
  under: Disk,
  options: { readonly clock: Clock; readonly limits?: CallLimits },
): BoundedDisk {
  const line = new CallLine(options.clock, options.limits ?? defaultCallLimits);
  const drill = new Drill(options.clock);
  const disk = drill.disk(under);
  const opened = (open: () => Promise<DiskFile>) =>
    line.call("other", open, closeLate).then((file) => boundFile(file, line));
  return {
    create: (path) => opened(() => disk.create(path)),
    open: (path, mode) => opened(() => disk.open(path, mode)),
    rename: (from, to) => line.call("other", () => disk.rename(from, to)),
    unlink: (path) => line.call("other", () => disk.unlink(path)),
    makeDirectory: (path) => line.call("other", () => disk.makeDirectory(path)),
    list: (path) => line.call("other", () => disk.list(path)),
    syncDirectory: (path) => line.call("sync", () => disk.syncDirectory(path)),
    stat: (path) => line.call("other", () => disk.stat(path)),
    space: () => line.call("other", () => disk.space()),
    health: () => line.health(),
    setDrill: (fault) => drill.set(fault),
    get drill() {
      return drill.fault;
    },
  };
}

function boundFile(file: DiskFile, line: CallLine): DiskFile {
  return {
    write: (bytes, at) => line.call("write", () => file.write(bytes, at)),
    read: (into, at) => line.call("read", () => file.read(into, at)),
    sync: () => line.call("sync", () => file.sync()),
    truncate: (size) => line.call("write", () => file.truncate(size)),
    size: () => line.call("other", () => file.size()),
    // Not in the line: a descriptor must be given back also when the line is full.
    close: () => file.close(),
  };
}

/** Nobody will ever use it: the opener has been told that it failed. */
function closeLate(file: DiskFile): void {
  file.close().catch(() => undefined);
}
