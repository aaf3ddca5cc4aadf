import assert from "node:assert/strict";
import { test } from "node:test";
import { VdcError } from "#api/errors.ts";
import { Slab } from "./slab.ts";

const never = new AbortController().signal;

test("buffers of a slab lie at machine pages and overlap nothing", async () => {
  const slab = new Slab({ bufferBytes: 5000, count: 5, waitingMax: 0 });
  const { buffers } = await slab.acquire(5, never);
  const places = buffers.map((buffer) => buffer.byteOffset).toSorted((a, b) => a - b);
  assert.ok(buffers.every((buffer) => buffer.length === 8192 && buffer.byteOffset % 4096 === 0));
  assert.ok(places.every((place, index) => index === 0 || place - (places[index - 1] ?? 0) >= 8192));
});

test("whoever asks a slab for several buffers waits for all of them, and nobody overtakes", async () => {
  const slab = new Slab({ bufferBytes: 4096, count: 3, waitingMax: 2 });
  const first = await slab.acquire(2, never);
  const order: string[] = [];
  const large = slab.acquire(3, never).then((lease) => {
    order.push("large");
    return lease;
  });
  const small = slab.acquire(1, never).then((lease) => {
    order.push("small");
    return lease;
  });
  assert.equal(slab.waiting, 2);
  assert.equal(slab.free, 1);
  first.release();
  first.release();
  (await large).release();
  (await small).release();
  assert.deepEqual(order, ["large", "small"]);
  assert.equal(slab.free, 3);
});

test("a slab whose line is full says so at once", async () => {
  const slab = new Slab({ bufferBytes: 4096, count: 1, waitingMax: 0 });
  using _held = await slab.acquire(1, never);
  await assert.rejects(slab.acquire(1, never), (error) => error instanceof VdcError && error.code === "busy");
});

test("who gives up waiting for buffers lets those behind through", async () => {
  const slab = new Slab({ bufferBytes: 4096, count: 2, waitingMax: 4 });
  const held = await slab.acquire(1, never);
  const impatient = new AbortController();
  const refused = assert.rejects(slab.acquire(2, impatient.signal), /enough/);
  const behind = slab.acquire(1, never);
  impatient.abort(new Error("enough"));
  await refused;
  (await behind).release();
  held.release();
  assert.equal(slab.free, 2);
  await assert.rejects(slab.acquire(1, AbortSignal.abort(new Error("before"))), /before/);
});
