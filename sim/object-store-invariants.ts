import assert from "node:assert/strict";
import { decodeRepair } from "#objects/catalog/care-rows.ts";
import { quarantinedShardPath } from "#objects/data/local-shards.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import { shardPath } from "#objects/drive/paths.ts";
import type { ExtentRef } from "#objects/records.ts";
import type { StoreLife } from "#sim/object-store-life.ts";
import type { StoreMachine } from "#sim/object-store-machine.ts";

/** More rows than any history makes. */
const rowsMax = 100_000;

/** Every extent that a version or a part refers to. */
export function extentsReferred({ opened: { care } }: StoreLife): readonly ExtentRef[] {
  return care.page("extent", undefined, rowsMax).rows.flatMap(({ key }) => {
    const id = Buffer.from(key.subarray(1)).toString("latin1");
    const isOwned = care.ownerOf(id)?.type !== "garbage";
    const extent = care.extent(id)?.extent;
    assert.ok(extent !== undefined || !isOwned, `the owner of extent ${id} names it`);
    return extent === undefined ? [] : [extent];
  });
}

/** `extent.shard` of all that waits for repair. */
export function shardsToRepair({ opened: { care } }: StoreLife): ReadonlySet<string> {
  const rows = care.page("repair", undefined, rowsMax).rows.map(decodeRepair);
  return new Set(rows.map(({ extentId, shard }) => `${extentId}.${shard}`));
}

/** Nothing that is referred to lies in quarantine or is unlinked, on any drive that did not do it itself. Holds at every moment. */
export function checkNothingReferredIsAway(
  machine: StoreMachine,
  life: StoreLife,
  ill: readonly number[],
): void {
  const waiting = shardsToRepair(life);
  for (const extent of extentsReferred(life))
    for (const [shard, number] of extent.drives.entries()) {
      const disk = machine.drive(number)?.disk;
      const name = { extentId: extent.id, shard };
      if (disk === undefined || ill.includes(number) || disk.has(shardPath(extent.id, shard))) continue;
      assert.ok(
        !disk.has(quarantinedShardPath(name)),
        `shard ${extent.id}.${shard} is referred to and in quarantine on drive ${number}`,
      );
      assert.ok(
        waiting.has(`${extent.id}.${shard}`),
        `shard ${extent.id}.${shard} is referred to and gone from drive ${number}`,
      );
    }
}

/** After scrub and repair with all drives well: every shard and every copy is there and good. Scrub has read all but those that were repaired after it. */
export async function checkFullRedundancy(
  machine: StoreMachine,
  life: StoreLife,
  repaired: ReadonlySet<string>,
): Promise<void> {
  assert.deepEqual([...shardsToRepair(life)], [], "no repair waits");
  for (const extent of extentsReferred(life)) {
    assert.equal(new Set(extent.drives).size, extent.k + extent.m, "each shard has a drive of its own");
    for (const [shard, number] of extent.drives.entries()) {
      const name = `${extent.id}.${shard}`;
      assert.ok(machine.drive(number), `shard ${name} is on a drive of the store`);
      if (repaired.has(name)) assert.equal(await life.shards.verifyShard(extent, shard), "good", name);
    }
  }
  const { copies } = storeLayout(machine.drives.length);
  for (const { number, isOpen, whole } of life.journal.segments())
    assert.ok(isOpen || whole.length >= copies, `segment ${number} has ${whole.length} of ${copies} copies`);
}

/** After the garbage was collected: every shard file is one that a record names there. */
export function checkNothingIsLeft(machine: StoreMachine, life: StoreLife): void {
  const named = new Set(
    extentsReferred(life).flatMap(({ id, drives }) =>
      drives.map((drive, shard) => `${drive} ${shardPath(id, shard)}`),
    ),
  );
  for (const { record, disk } of machine.drives)
    for (const path of disk.files()) {
      if (!path.startsWith("extents/") && !path.startsWith("quarantine/")) continue;
      assert.ok(named.has(`${record.number} ${path}`), `nobody knows ${path} on drive ${record.number}`);
    }
}
