import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  segmentHeaderBytes,
  type SegmentHeader,
} from "./segment-header.ts";

const header = (drives: number): SegmentHeader => ({
  storeId: "store",
  number: 7,
  incarnation: "0123456789abcdef",
  ensemble: [0, 1, 2],
  acks: 2,
  drives: Array.from({ length: drives }, (_, index) => index),
  firstSequence: 40,
  oldest: 3,
  previous: { number: 6, incarnation: "fedcba9876543210", length: segmentHeaderBytes, lastSequence: 39 },
});

/** As it is read: with the number of its format. */
const readOf = (drives: number) => ({ format: 1, ...header(drives) });

describe("the header of a segment", () => {
  it("is read back, however many drives it names", () => {
    for (const drives of [3, 20, 64, 256]) {
      const bytes = encodeSegmentHeader(header(drives));
      assert.equal(bytes.byteLength, segmentHeaderBytes);
      assert.deepEqual(decodeSegmentHeader(bytes), readOf(drives));
    }
  });

  it("is read whichever half of its room is damaged, and never as anything else", () => {
    const whole = encodeSegmentHeader(header(6));
    const places = fc.array(fc.nat({ max: segmentHeaderBytes - 1 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 255 }), (damaged, flip) => {
        const bytes = Buffer.from(whole);
        for (const at of damaged) bytes[at] = (bytes[at] ?? 0) ^ flip;
        const read = decodeSegmentHeader(bytes);
        if (read !== undefined) assert.deepEqual(read, readOf(6));
        const halves = new Set(damaged.map((at) => at < segmentHeaderBytes / 2));
        if (halves.size === 1) assert.ok(read !== undefined);
      }),
    );
  });

  it("is not read from a file that is too short, empty or another", () => {
    const bytes = encodeSegmentHeader(header(6));
    assert.equal(decodeSegmentHeader(bytes.subarray(0, segmentHeaderBytes - 1)), undefined);
    assert.equal(decodeSegmentHeader(Buffer.alloc(segmentHeaderBytes)), undefined);
  });
});
