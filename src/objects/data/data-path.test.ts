import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Readable } from "#objects/data-path.ts";
import { inlineMaxBytes } from "#objects/limits.ts";
import { bodyOf, DataWorld, extentsOf, smallSizes } from "#test/support/data-world.ts";

const { chunkBytes } = smallSizes;

/** Sizes around every edge: nothing, inline, chunk, stripe, batch, extent. */
function edgesOf(k: number): readonly number[] {
  const stripe = k * chunkBytes;
  const extent = Math.floor(smallSizes.extentMaxBytes / (2 * stripe)) * 2 * stripe;
  const around = [chunkBytes * 2, stripe, 2 * stripe, 3 * stripe, extent, extent + stripe, 2 * extent];
  const all = [inlineMaxBytes, ...around].flatMap((size) => [size - 1, size, size + 1]);
  return [0, 1, ...new Set(all.filter((size) => size <= 1_500_000))];
}

/** All sets of at most `most` of `count` things. */
function* subsets(count: number, most: number): Generator<readonly number[]> {
  for (let bits = 0; bits < 2 ** count; bits += 1) {
    const chosen = Array.from({ length: count }, (_, at) => at).filter((at) => (bits >> at) & 1);
    if (chosen.length <= most) yield chosen;
  }
}

for (const [drives, k, m] of [
  [1, 1, 0],
  [2, 1, 1],
  [3, 2, 1],
  [6, 4, 2],
] as const)
  test(`on ${drives} drives every size around every edge is read back whole, sealed or not`, async () => {
    const world = new DataWorld(drives, drives, smallSizes);
    for (const size of edgesOf(k)) {
      const body = bodyOf(size);
      const stored = await world.store(body, { encrypt: size % 2 === 1 });
      assert.equal(stored.data.at, size === 0 ? "none" : size <= inlineMaxBytes ? "inline" : "extents");
      assert.deepEqual(stored.missingShards, []);
      for (const extent of extentsOf(stored)) assert.deepEqual([extent.k, extent.m], [k, m]);
      assert.ok(body.equals(await world.read(world.readable(stored, size), 0, size)), `${size} bytes`);
    }
    assert.ok(world.isAtRest);
    assert.deepEqual([world.findings, world.discarded], [[], []]);
  });

test("any range is read right with any drives away that the parity can bear", async () => {
  const world = new DataWorld(6, 2, smallSizes);
  const body = bodyOf(1_500_001);
  const readables = [
    world.readable(await world.store(body), body.length),
    world.readable(await world.store(body, { encrypt: true }), body.length),
  ];
  const edges = edgesOf(4).filter((size) => size <= body.length);
  const point = fc.oneof(fc.constantFrom(...edges), fc.nat(body.length));
  for (const away of subsets(6, 2)) {
    for (const number of world.states.keys()) world.states[number] = away.includes(number) ? "missing" : "ok";
    await fc.assert(
      fc.asyncProperty(point, point, fc.constantFrom(...readables), async (a, b, what) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        assert.ok(body.subarray(start, end).equals(await world.read(what, start, end)), `${start} to ${end}`);
      }),
      { numRuns: 12 },
    );
  }
  assert.ok(world.isAtRest);
});

test("a shard with a flipped bit, torn off, or gone is rebuilt from others, told, and never given out", async () => {
  const world = new DataWorld(6, 3, smallSizes);
  const body = bodyOf(700_000);
  const stored = await world.store(body);
  const [extent] = extentsOf(stored);
  assert.ok(extent);
  const [first, second] = [extent.drives[0] ?? 0, extent.drives[1] ?? 0];
  const pathOf = (shard: number) => `extents/${extent.id.slice(0, 2)}/${extent.id}.${shard}`;
  world.disks[first]?.rot(pathOf(0), 4096 + 64 + 66_000, 3);
  const torn = await world.disks[second]?.open(pathOf(1), "write");
  await torn?.truncate(4096 + 64 + 100);
  await torn?.close();
  const what = world.readable(stored, body.length);
  assert.ok(body.equals(await world.read(what, 0, body.length)));
  const told = world.findings.map(
    ({ drive, kind, shard }) => `${kind} ${shard} on ${drive === first || drive === second}`,
  );
  assert.deepEqual([...new Set(told)].toSorted(), [
    "checksum-mismatch 0 on true",
    "checksum-mismatch 1 on true",
  ]);
  assert.ok((world.counts.get("checksumMismatches") ?? 0) >= 2);
  // A third one is too much: the reader gets an error after the wait, and not one byte of that stripe.
  world.disks[extent.drives[2] ?? 0]?.rot(pathOf(2), 4096 + 64, 0);
  await assert.rejects(world.read(what, 0, body.length), { code: "SlowDown" });
  assert.ok(
    body.subarray(0, 10).equals(await world.read(what, 0, 10)),
    "whole blocks before the damage are served",
  );
  assert.ok(world.isAtRest);
});

test("a shard in quarantine is still read", async () => {
  const world = new DataWorld(3, 4, smallSizes);
  const body = bodyOf(300_000);
  const stored = await world.store(body);
  for (const extent of extentsOf(stored))
    for (const [shard, drive] of extent.drives.entries()) {
      const disk = world.disks[drive];
      await disk?.makeDirectory("quarantine");
      await disk?.rename(
        `extents/${extent.id.slice(0, 2)}/${extent.id}.${shard}`,
        `quarantine/${extent.id}.${shard}`,
      );
    }
  assert.ok(body.equals(await world.read(world.readable(stored, body.length), 0, body.length)));
  assert.deepEqual(world.findings, []);
});

test("a drive that stalls costs a reader a hedge, not its time", async () => {
  const world = new DataWorld(6, 5, smallSizes);
  const body = bodyOf(2_000_000);
  const stored = await world.store(body);
  const what = world.readable(stored, body.length);
  for (let count = 0; count < 8; count += 1) await world.read(what, 0, body.length);
  const stalled = extentsOf(stored)[0]?.drives[0] ?? 0;
  world.plan(stalled, () => ({ stallMs: 30_000 }));
  const begin = world.clock.monotonic();
  assert.ok(body.equals(await world.read(what, 0, body.length)));
  assert.ok(world.clock.monotonic() - begin <= 300, `${world.clock.monotonic() - begin} ms`);
  assert.ok((world.counts.get("hedges") ?? 0) > 0);
  await world.clock.advance(1_000);
  assert.ok(world.findings.some(({ drive, kind }) => drive === stalled && kind === "late"));
  const again = world.clock.monotonic();
  await world.read(what, 0, body.length);
  assert.equal(world.clock.monotonic() - again, 5, "it is not asked again at once");
  await world.clock.advance(60_000);
  assert.ok(world.isAtRest);
});

test("a drive that fails or stalls while a body is written becomes a missing shard", async () => {
  for (const fault of [{ error: "EIO" }, { error: "ENOSPC" }, { stallMs: 30_000 }] as const)
    for (const at of [1, 6, 9, 14]) {
      const world = new DataWorld(6, at, smallSizes);
      const body = bodyOf(1_300_000);
      world.plan(3, ({ index }) => (index >= at ? fault : undefined));
      const begin = world.clock.monotonic();
      const stored = await world.store(body);
      assert.ok(world.clock.monotonic() - begin < 1_500, "nobody waits for a bad drive");
      assert.equal(stored.missingShards.length > 0, world.findings.length > 0);
      for (const { extentId, shard } of stored.missingShards)
        assert.equal(extentsOf(stored).find(({ id }) => id === extentId)?.drives[shard], -1);
      world.states[3] = "missing";
      assert.ok(body.equals(await world.read(world.readable(stored, body.length), 0, body.length)));
      await world.clock.advance(60_000);
      assert.ok(world.isAtRest, `${world.openFiles} files, ${world.slab.free} buffers`);
    }
});

test("when more drives fail than the commit rule bears, the body is written again where it can be", async () => {
  for (const at of [1, 6, 8, 10, 12]) {
    const world = new DataWorld(6, at, smallSizes);
    const body = bodyOf(1_300_000);
    for (const drive of [1, 4])
      world.plan(drive, ({ index }) => (index >= at ? { error: "EIO" } : undefined));
    const stored = await world.store(body);
    for (const drive of [1, 4]) world.states[drive] = "missing";
    for (const extent of extentsOf(stored)) {
      const present = extent.drives.filter((drive) => drive >= 0).length;
      assert.ok(present >= extent.k + Math.ceil(extent.m / 2), "the commit rule holds without them");
    }
    assert.ok(body.equals(await world.read(world.readable(stored, body.length), 0, body.length)));
    const kept = new Set(extentsOf(stored).map(({ id }) => id));
    assert.ok(world.discarded.length > 0 && world.discarded.every(({ id }) => !kept.has(id)));
    assert.ok(world.isAtRest);
  }
});

test("with too few drives a body is held, stored when one comes back, and refused with SlowDown when none does", async () => {
  const world = new DataWorld(2, 6, smallSizes);
  const body = bodyOf(200_000);
  world.states[1] = "missing";
  const begin = world.clock.monotonic();
  await assert.rejects(world.store(body), { code: "SlowDown" });
  assert.ok(world.clock.monotonic() - begin >= 25_000);
  assert.equal(world.counts.get("brokenPromises"), 1);
  const back = world.clock.after(5_000, () => void (world.states[1] = "ok"));
  const stored = await world.store(body);
  back[Symbol.dispose]();
  assert.ok(body.equals(await world.read(world.readable(stored, body.length), 0, body.length)));
  assert.ok(world.isAtRest);
});

test("a body that breaks off or is aborted leaves nothing but garbage that was handed over", async () => {
  const world = new DataWorld(6, 7, smallSizes);
  const broken = async function* () {
    yield bodyOf(1_400_000);
    throw new Error("the client went away");
  };
  const options = { encrypt: false, describe: () => ({}), signal: new AbortController().signal };
  await assert.rejects(world.run(world.data.store(broken(), options)), /went away/);
  const files = await Promise.all(
    world.disks.map(async (disk) => {
      const folders = await disk.list("extents");
      return (await Promise.all(folders.map((folder) => disk.list(`extents/${folder}`)))).flat();
    }),
  );
  const discarded = new Set(world.discarded.map(({ id }) => id));
  assert.ok(files.flat().length > 0 && files.flat().every((name) => discarded.has(name.slice(0, 32))));
  const abort = new AbortController();
  const slow = async function* () {
    yield bodyOf(600_000);
    abort.abort(new Error("aborted"));
    yield bodyOf(600_000);
  };
  await assert.rejects(world.run(world.data.store(slow(), { ...options, signal: abort.signal })), /aborted/);
  assert.ok(world.isAtRest);
});

test("a reader that stops early or is aborted gives everything back", async () => {
  const world = new DataWorld(6, 8, smallSizes);
  const body = bodyOf(2_000_000);
  const what = world.readable(await world.store(body), body.length);
  const abort = new AbortController();
  for await (const piece of world.data.read(what, { start: 0, end: body.length }, abort.signal)) {
    assert.ok(piece.length > 0);
    break;
  }
  await world.clock.advance(100);
  for (const number of world.disks.keys()) world.plan(number, () => ({ stallMs: 1_000 }));
  const reading = world.data.read(what, { start: 0, end: body.length }, abort.signal);
  const next = reading.next();
  abort.abort(new Error("gone"));
  await assert.rejects(world.run(next), /gone/);
  await world.clock.advance(60_000);
  assert.ok(world.isAtRest, `${world.openFiles} files`);
});

test("lent pieces are right for readers side by side that use up their memory, also when drives answer late", async () => {
  const world = new DataWorld(6, 9, smallSizes);
  const bodies = [bodyOf(900_000), Buffer.from(bodyOf(1_100_000).toReversed())];
  const whats: Readable[] = [];
  for (const body of bodies) whats.push(world.readable(await world.store(body), body.length));
  let calls = 0;
  for (const number of world.disks.keys())
    world.plan(number, ({ type }) => {
      calls += 1;
      return type === "read" && calls % 5 === 0 ? { stallMs: 40 + (calls % 700) } : undefined;
    });
  const { signal } = new AbortController();
  const readWhole = async (at: number): Promise<void> => {
    const [what, body] = [whats[at % 2], bodies[at % 2]];
    assert.ok(what && body);
    const copies: Buffer[] = [];
    for await (const piece of world.data.read(
      { ...what, isLent: true },
      { start: 0, end: body.length },
      signal,
    )) {
      copies.push(Buffer.from(piece));
      piece.fill(0xee);
    }
    assert.ok(Buffer.concat(copies).equals(body));
  };
  for (let round = 0; round < 5; round += 1) await world.run(Promise.all([0, 1, 2, 3].map(readWhole)));
  assert.ok(calls > 0);
});

test("a reader that leaves while a shard is still being opened blames no drive", async () => {
  for (const stallMs of [1, 2, 3]) {
    const world = new DataWorld(6, 20 + stallMs, smallSizes);
    const body = bodyOf(1_000_000);
    const what = world.readable(await world.store(body), body.length);
    for (const number of world.disks.keys())
      world.plan(number, ({ type }) => (type === "open" ? { stallMs } : undefined));
    const abort = new AbortController();
    const reading = world.data.read(what, { start: 0, end: body.length }, abort.signal);
    const next = reading.next();
    abort.abort(new Error("gone"));
    await assert.rejects(world.run(next), /gone/);
    await world.clock.advance(60_000);
    assert.deepEqual(world.findings, []);
    assert.ok(world.isAtRest, `${world.openFiles} files`);
  }
});

/** The whole file of shard 0, as it lies on drive 0. */
async function fileOf(world: DataWorld, extentId: string): Promise<Buffer> {
  const file = await world.disks[0]?.open(`extents/${extentId.slice(0, 2)}/${extentId}.0`, "read");
  const bytes = Buffer.alloc((await file?.size()) ?? 0);
  await file?.read(bytes, 0);
  await file?.close();
  return bytes;
}

test("no byte of a sealed body is plain on a drive", async () => {
  const world = new DataWorld(1, 9, smallSizes);
  const body = Buffer.alloc(400_000, "the secret of the house ");
  const stored = await world.store(body, { encrypt: true });
  const [extent] = extentsOf(stored);
  assert.ok(extent);
  const bytes = await fileOf(world, extent.id);
  assert.ok(bytes.length > body.length && !bytes.includes("secret"));
  const inline = await world.store(body.subarray(0, 1000), { encrypt: true });
  assert.ok(inline.blob !== undefined && !Buffer.from(inline.blob).includes("secret"));
});

test("a body sealed for a customer's key is plain on no drive, and opens with that key only", async () => {
  const world = new DataWorld(1, 9, smallSizes);
  const customerKey = bodyOf(32, 1);
  for (const size of [1000, 400_000]) {
    const body = Buffer.alloc(size, "the secret of the customer ");
    const stored = await world.store(body, { customerKey });
    const [extent] = extentsOf(stored);
    const kept = extent === undefined ? Buffer.from(stored.blob ?? []) : await fileOf(world, extent.id);
    const record = JSON.stringify(stored.seal);
    assert.ok(kept.length > size && !kept.includes("secret"));
    for (const form of ["base64", "hex", "latin1"] as const)
      assert.ok(!`${record}${kept.toString("latin1")}`.includes(customerKey.toString(form)), "nor the key");
    const readable = world.readable(stored, size);
    assert.ok(body.equals(await world.read({ ...readable, customerKey }, 0, size)));
    const refused = { name: "S3Error", code: "AccessDenied" };
    await assert.rejects(world.read({ ...readable, customerKey: bodyOf(32, 2) }, 0, size), refused);
    await assert.rejects(world.read(readable, 0, size), refused);
  }
});

test("what was acknowledged is there whole after a crash of all drives at once", async () => {
  for (const seed of [11, 12, 13, 14, 15, 16]) {
    const world = new DataWorld(3, seed, smallSizes);
    const body = bodyOf(600_000, seed);
    const stored = await world.store(body);
    world.crash();
    for (const extent of extentsOf(stored))
      for (const shard of extent.drives.keys())
        assert.equal(await world.run(world.care.verifyShard(extent, shard)), "good");
    assert.ok(body.equals(await world.read(world.readable(stored, body.length), 0, body.length)));
  }
});

test("many uploads at once share the slab's buffers, and none takes in more than two batches ahead", async () => {
  const world = new DataWorld(6, 10, smallSizes);
  const bodies = Array.from({ length: 30 }, (_, seed) => bodyOf(600_000 + seed * 10_000, seed));
  const stored = await Promise.all(bodies.map((body) => world.store(body)));
  for (const [index, each] of stored.entries()) {
    const body = bodies[index] ?? Buffer.alloc(0);
    assert.ok(body.equals(await world.read(world.readable(each, body.length), 0, body.length)));
  }
  for (const number of world.disks.keys()) world.plan(number, () => ({ stallMs: 4_000 }));
  let pulled = 0;
  const endless = async function* () {
    for (; pulled < 50_000_000; pulled += 50_000) yield bodyOf(50_000);
  };
  const abort = new AbortController();
  const options = { encrypt: false, describe: () => ({}), signal: abort.signal };
  const storing = world.data.store(endless(), options);
  storing.catch(() => undefined); // looked at below
  await world.clock.advance(1_000);
  assert.ok(pulled > 0 && pulled <= 3 * 2 * 4 * chunkBytes, `${pulled} bytes were taken in`);
  abort.abort(new Error("enough"));
  await assert.rejects(world.run(storing));
  await world.clock.advance(60_000);
  assert.ok(world.isAtRest);
});
