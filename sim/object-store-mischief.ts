import type { DiskFault } from "#sim/disk.ts";
import type { MachineFaults, StoreMachine } from "#sim/object-store-machine.ts";
import type { SeededRandom } from "#sim/random.ts";

const reading = new Set(["read", "open", "list", "stat", "size", "space"]);

/** What one drive, the victim, does in one life. A drive that is the only one at least reads what it has. */
export function mischief(
  random: SeededRandom,
  victim: number,
  isOnlyDrive: boolean,
): MachineFaults["onOperation"] {
  const faults: readonly (DiskFault | undefined)[] = [
    { error: "EIO" },
    { error: "ENOSPC" },
    { error: "EROFS" },
    { flip: true },
    { stallMs: 400 },
    { stallMs: 20_000 },
    undefined,
  ];
  const fault = faults[random.below(faults.length)];
  if (fault === undefined) return undefined;
  const from = random.below(150);
  const lasts = random.chance(0.5) ? Infinity : random.below(10);
  const share = random.chance(0.5) ? 1 : 0.3;
  return (drive, { type, index }) => {
    if (drive !== victim || index < from || index > from + lasts || !random.chance(share)) return undefined;
    if (fault.error === "ENOSPC" && type !== "write" && type !== "create") return undefined;
    if ((fault.error === "EROFS" || isOnlyDrive) && reading.has(type)) return undefined;
    return fault;
  };
}

/** Bits that flip on the platter: in some of the files of these drives. */
export function rot(machine: StoreMachine, victims: readonly number[]): void {
  const { random } = machine;
  for (const number of victims) {
    const disk = machine.drive(number)?.disk;
    for (const path of disk?.files() ?? []) {
      if (!path.startsWith("extents/") && !path.startsWith("journal/")) continue;
      const size = disk?.sizeOf(path) ?? 0;
      if (size > 0 && random.chance(0.4)) disk?.rot(path, random.below(size), random.below(8));
    }
  }
}
