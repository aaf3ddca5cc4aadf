import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encodeFrame, FrameFault, frameLimits, FrameReader, type Frame } from "./frame.ts";

const frames = fc.array(
  fc.record({
    header: fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean())),
    blob: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 12 },
);

function read(reader: FrameReader): Frame[] {
  const found: Frame[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) found.push(frame);
  return found;
}

describe("frames of the catalog's socket", () => {
  it("come out as they went in, wherever the stream is cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.flatMap(({ header, blob }) => encodeFrame(header, blob)));
        const reader = new FrameReader();
        const found: Frame[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const length = cuts[turn % cuts.length] ?? 1;
          reader.push(stream.subarray(at, at + length));
          found.push(...read(reader));
          at += length;
        }
        // Through JSON, because that is what a header is.
        const expected = sent.map(({ header, blob }) => ({
          header: JSON.parse(JSON.stringify(header)) as unknown,
          blob: blob.length === 0 ? undefined : Buffer.from(blob),
        }));
        assert.deepEqual(
          found.map(({ header, blob }) => ({ header, blob })),
          expected,
        );
      }),
    );
  });

  it("that are too large are refused on both sides, before memory is taken for them", () => {
    assert.throws(() => encodeFrame({}, new Uint8Array(frameLimits.blobMaxBytes + 1)), FrameFault);
    for (const field of [0, 4]) {
      const prefix = Buffer.alloc(8);
      prefix.writeUInt32LE(0xffff_ffff, field);
      const reader = new FrameReader();
      reader.push(prefix);
      assert.throws(() => reader.next(), FrameFault);
    }
  });

  it("of strangers' bytes end in a fault of the frame, never in another", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 0, max: 40 }), (bytes, headerBytes) => {
        const reader = new FrameReader();
        const prefix = Buffer.alloc(8);
        prefix.writeUInt32LE(headerBytes, 0);
        reader.push(Buffer.concat([prefix, bytes]));
        try {
          read(reader);
        } catch (error) {
          assert.ok(error instanceof FrameFault);
        }
      }),
    );
  });
});
