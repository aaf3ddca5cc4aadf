import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { accessEntrySchema, type AccessEntry } from "#traffic/gateway-api.ts";
import { accessLine } from "./access-line.ts";

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", '"', "\\", "\0\n", "é"),
);
const count = fc.nat();
const ms = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, max: 1e7, noNaN: true }),
  fc.constantFrom(0.9999, 1.001, 0.0304),
);
const entries: fc.Arbitrary<AccessEntry> = fc.record(
  {
    at: fc.constant("2026-11-22T14:27:51.076Z"),
    id: text,
    route: text,
    pool: text,
    instance: text,
    client: text,
    protocol: fc.constantFrom("HTTP/1.0", "HTTP/1.1", "HTTP/2"),
    tls: fc.boolean(),
    method: text,
    host: text,
    path: text,
    status: count,
    requestBytes: count,
    responseBytes: count,
    attempts: count,
    totalMs: ms,
    heldMs: ms,
    connectMs: ms,
    responseMs: ms,
    heldFor: text,
    ended: text,
  },
  {
    requiredKeys: [
      ...([
        "at",
        "id",
        "client",
        "protocol",
        "tls",
        "method",
        "host",
        "path",
        "status",
        "requestBytes",
      ] as const),
      ...(["responseBytes", "attempts", "totalMs", "heldMs", "connectMs", "responseMs"] as const),
    ],
  },
);

it("a line of the access log is ASCII, and says of any entry what JSON would, times to a thousandth", () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const line = accessLine(entry);
      assert.match(line, /^[ -~]+$/);
      const rounded = (value: number) => Math.round(value * 1_000) / 1_000;
      assert.deepEqual(accessEntrySchema.parse(JSON.parse(line)), {
        ...entry,
        totalMs: rounded(entry.totalMs),
        heldMs: rounded(entry.heldMs),
        connectMs: rounded(entry.connectMs),
        responseMs: rounded(entry.responseMs),
      });
    }),
  );
});
