import { readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, cpus, hostname, release } from "node:os";
import { isoTime } from "#lib/clock.ts";
import { canOpenKvm, tryUserNamespace } from "#drivers/host/isolation.ts";
import {
  cgroupVersion,
  parseBootTime,
  parseMemory,
  parseMounts,
  parseOsRelease,
  type CgroupVersion,
  type Mount,
} from "#drivers/host/parse.ts";
import { probePrograms, type HostProgram } from "#drivers/host/programs.ts";

export interface HostDisk {
  readonly mount: string;
  readonly device: string;
  readonly filesystem: string;
  readonly sizeBytes: number;
  /** What an ordinary user may still write, rounded down to whole GiB so that plain use does not change it. */
  readonly freeBytes: number;
}

/** What this host is and can do. The fields are those of a machine's status, in its mutable shape. */
export interface HostFacts {
  readonly hostname: string;
  readonly architecture: string;
  readonly kernel: string;
  readonly operatingSystem: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly bootedAt?: string;
  readonly disks: HostDisk[];
  readonly programs: HostProgram[];
  readonly cgroup: CgroupVersion;
  readonly userNamespaces: boolean;
  readonly virtualization: boolean;
}

/** File systems that keep data on this host; network ones could hang the probe and are not its disks. */
const localFilesystems = new Set([
  "ext2",
  "ext3",
  "ext4",
  "xfs",
  "btrfs",
  "zfs",
  "f2fs",
  "bcachefs",
  "overlay",
  "vfat",
  "exfat",
  "ntfs3",
  "jfs",
  "reiserfs",
]);
export const maxDisks = 64;
const gibibyte = 1024 ** 3;

/** Looks at this host; runs small programs for trials and versions, each cut off after 5 s. */
export async function probeHost(signal: AbortSignal): Promise<HostFacts> {
  const [mountsText, memoryText, statText, releaseText, programs, userNamespaces, virtualization] =
    await Promise.all([
      read("/proc/self/mounts"),
      read("/proc/meminfo"),
      read("/proc/stat"),
      read("/etc/os-release"),
      probePrograms(signal),
      tryUserNamespace(signal),
      canOpenKvm(),
    ]);
  const mounts = parseMounts(mountsText);
  const bootSeconds = parseBootTime(statText);
  return {
    hostname: hostname(),
    architecture: arch(),
    kernel: release(),
    operatingSystem: parseOsRelease(releaseText, "PRETTY_NAME") ?? "Linux",
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: parseMemory(memoryText).totalBytes,
    ...(bootSeconds === undefined ? {} : { bootedAt: isoTime(bootSeconds * 1000) }),
    disks: await probeDisks(mounts),
    programs,
    cgroup: cgroupVersion(mounts),
    userNamespaces,
    virtualization,
  };
}

/** One entry a device: bind mounts of the same disk are the same disk, named by the first (shortest) mount. */
async function probeDisks(mounts: readonly Mount[]): Promise<HostDisk[]> {
  const byDevice = new Map<string, Mount>();
  for (const mount of mounts) {
    const known = byDevice.get(mount.device);
    if (
      !localFilesystems.has(mount.filesystem) ||
      (known !== undefined && known.mount.length <= mount.mount.length)
    )
      continue;
    byDevice.set(mount.device, mount);
  }
  const disks = await Promise.all([...byDevice.values()].slice(0, maxDisks).map(probeDisk));
  return disks.flatMap((disk) => disk ?? []).toSorted((a, b) => (a.mount < b.mount ? -1 : 1));
}

async function probeDisk(mount: Mount): Promise<HostDisk | undefined> {
  try {
    const { bsize, blocks, bavail } = await statfs(mount.mount);
    const freeBytes = Math.floor((bavail * bsize) / gibibyte) * gibibyte;
    return { ...mount, sizeBytes: blocks * bsize, freeBytes };
  } catch {
    return undefined; // unmounted meanwhile, or not ours to look at
  }
}

/** A container may hide a file: what is absent reads as empty. */
async function read(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
