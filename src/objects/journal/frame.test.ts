import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Mutation } from "#objects/catalog/index-contract.ts";
import {
  FrameBuilder,
  frameHeaderBytes,
  isPayloadGood,
  mutationBytes,
  readFrameHeader,
  readMutations,
  stampFrame,
} from "#objects/journal/frame.ts";

const incarnation = "0123456789abcdef";
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const place = fc.record({
  segment: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  offset: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  length: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  crc: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ type: fc.constant("remove" as const), key: bytes(40) }),
  fc.record({ type: fc.constant("put" as const), key: bytes(40), value: bytes(60) }),
  fc.record({ type: fc.constant("put" as const), key: bytes(40), value: bytes(60), blob: bytes(200) }),
  fc.record({ type: fc.constant("put" as const), key: bytes(40), value: bytes(60), keep: place }),
);

function build(mutations: readonly Mutation[], sequence = 7) {
  let size = 0;
  for (const one of mutations) size += mutationBytes(one);
  const builder = new FrameBuilder(sequence, size);
  const blobs = mutations.map((one) => builder.add(one));
  const frame = builder.finish();
  stampFrame(frame, incarnation);
  return { frame, blobs };
}

/** As a reader sees it: undefined when anything is wrong. */
function open(frame: Buffer, of = incarnation) {
  const header = readFrameHeader(frame, 0, of);
  if (header === undefined) return undefined;
  const payload = frame.subarray(frameHeaderBytes, frameHeaderBytes + header.payloadLength);
  return isPayloadGood(header, payload) ? { header, payload } : undefined;
}

test("a frame gives back its mutations, and the place of each blob is where its bytes are", () => {
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 8 }), fc.nat(1e6), (mutations, frameAt) => {
      const { frame, blobs } = build(mutations);
      const opened = open(frame);
      assert.ok(opened !== undefined && opened.header.sequence === 7);
      const read = readMutations(opened.payload, 3, frameAt);
      assert.equal(read.length, mutations.length);
      for (const [index, before] of mutations.entries()) {
        const after = read[index];
        assert.ok(after !== undefined && after.type === before.type);
        assert.deepEqual(Buffer.from(after.key), Buffer.from(before.key));
        if (before.type === "remove" || after.type === "remove") continue;
        assert.deepEqual(Buffer.from(after.value), Buffer.from(before.value));
        if (before.blob === undefined) assert.deepEqual(after.place, before.keep && { ...before.keep });
        else {
          const offset = (after.place?.offset ?? 0) - frameAt;
          assert.equal(offset, blobs[index]?.offset);
          assert.deepEqual(frame.subarray(offset, offset + before.blob.length), Buffer.from(before.blob));
        }
      }
    }),
  );
});

test("a frame that is cut anywhere or has any bit flipped is no frame", () => {
  const mutations: Mutation[] = [
    { type: "put", key: Buffer.from("key"), value: Buffer.from("value"), blob: Buffer.alloc(50, 9) },
    { type: "remove", key: Buffer.from("other") },
  ];
  const { frame } = build(mutations);
  for (let length = 0; length < frame.length; length += 1)
    assert.equal(open(frame.subarray(0, length)), undefined);
  for (let bit = 0; bit < frame.length * 8; bit += 1) {
    const flipped = Buffer.from(frame);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(open(flipped), undefined, `bit ${bit}`);
  }
});

test("a frame of another segment is no frame, whatever a client wrote into its blob", () => {
  assert.equal(open(build([]).frame, "ffffffffffffffff"), undefined);
});
