/** Readers of the kernel's text files. All are pure and total: what they do not understand they leave out. */

/** Ticks since boot over all processors, from the `cpu` line of `/proc/stat` (proc_stat(5)). */
export interface CpuTicks {
  readonly busy: number;
  readonly total: number;
}

export function parseCpuTicks(text: string): CpuTicks {
  const words = (text.split("\n").find((line) => line.startsWith("cpu ")) ?? "")
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  // guest and guest_nice (fields 9 and 10) are counted in user and nice already.
  const ticks = words.slice(0, 8).filter(Number.isFinite);
  const total = ticks.reduce((sum, value) => sum + value, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0); // idle and iowait
  return { busy: total - idle, total };
}

/** Seconds since the Unix epoch, from `/proc/stat`. */
export function parseBootTime(text: string): number | undefined {
  const seconds = Number(/^btime (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}

export interface Memory {
  readonly totalBytes: number;
  /** What a new program could get without swapping. */
  readonly availableBytes: number;
}

export function parseMemory(text: string): Memory {
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
  return { totalBytes: kib("MemTotal") * 1024, availableBytes: kib("MemAvailable") * 1024 };
}

export interface Mount {
  readonly device: string;
  readonly mount: string;
  readonly filesystem: string;
}

/** `/proc/self/mounts`: white space in names is written as octal, such as `\040`. */
export function parseMounts(text: string): readonly Mount[] {
  const plain = (word: string) =>
    word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([device, mount, filesystem]) =>
      device === undefined || mount === undefined || filesystem === undefined
        ? []
        : [{ device: plain(device), mount: plain(mount), filesystem }],
    );
}

export interface Traffic {
  readonly inBytes: number;
  readonly outBytes: number;
}

/** Bytes read and written by whole disks since boot; partitions and stacked devices would count the same byte twice. */
export function parseDiskTraffic(text: string): Traffic {
  const sectorBytes = 512; // of /proc/diskstats, whatever the disk's own sector is
  let inBytes = 0;
  let outBytes = 0;
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (!/^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(words[2] ?? "")) continue;
    inBytes += (Number(words[5]) || 0) * sectorBytes;
    outBytes += (Number(words[9]) || 0) * sectorBytes;
  }
  return { inBytes, outBytes };
}

/** Bytes received and sent by all interfaces but the loopback since boot, from `/proc/net/dev`. */
export function parseNetworkTraffic(text: string): Traffic {
  let inBytes = 0;
  let outBytes = 0;
  for (const line of text.split("\n")) {
    const match = /^\s*([^:\s]+):\s*(.+)$/.exec(line);
    if (match === null || match[1] === "lo") continue;
    const words = (match[2] ?? "").split(/\s+/);
    inBytes += Number(words[0]) || 0;
    outBytes += Number(words[8]) || 0;
  }
  return { inBytes, outBytes };
}

/** Load averages of 1, 5 and 15 minutes. */
export function parseLoad(text: string): readonly [number, number, number] {
  const [one, five, fifteen] = text.split(" ").map((word) => Number(word) || 0);
  return [one ?? 0, five ?? 0, fifteen ?? 0];
}

/** A value of os-release(5), without its quotes. */
export function parseOsRelease(text: string, key: string): string | undefined {
  const value = new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1];
  return value?.replace(/^(["'])(.*)\1$/, "$2");
}

export type CgroupVersion = "v1" | "v2" | "hybrid" | "none";

/** v2 = one unified tree; hybrid = v1 controllers with a unified tree beside them, as systemd mounts it. */
export function cgroupVersion(mounts: readonly Mount[]): CgroupVersion {
  const unified = mounts.some(({ filesystem }) => filesystem === "cgroup2");
  const old = mounts.some(({ filesystem }) => filesystem === "cgroup");
  if (unified) return old ? "hybrid" : "v2";
  return old ? "v1" : "none";
}

/** The soft limit of a line of `/proc/self/limits`; undefined means unlimited or unknown. */
export function parseSoftLimit(text: string, name: string): number | undefined {
  const word = text
    .split("\n")
    .find((line) => line.startsWith(name))
    ?.slice(name.length)
    .trim()
    .split(/\s+/)[0];
  const value = Number(word ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
