import { renameSync, writeFileSync } from "node:fs";
import type { z } from "zod";
import { systemClock } from "#lib/clock.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { checksumOf, sealSnapshot } from "#traffic/sealed-snapshot.ts";
import { snapshotContentSchema } from "#traffic/snapshot.ts";

/** Replaces the snapshot of a data center as control does. `change` spoils its text. */
export function publishSnapshot(
  directory: DataDirectory,
  version: number,
  content: Partial<z.input<typeof snapshotContentSchema>>,
  change: (text: string) => string = (text) => text,
): void {
  const whole = { routes: [], pools: [], certificates: [], challenges: [], ...content };
  const parsed = snapshotContentSchema.parse(whole);
  const sealed = sealSnapshot(parsed, { version, checksum: checksumOf(parsed), now: systemClock.now() });
  writeFileSync(`${directory.gatewaySnapshot}.new`, change(JSON.stringify(sealed)), { mode: 0o600 });
  renameSync(`${directory.gatewaySnapshot}.new`, directory.gatewaySnapshot);
}
