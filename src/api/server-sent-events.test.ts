import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readServerSentEvents, type ServerSentEvent } from "./server-sent-events.ts";

function streamOf(
  chunks: readonly Uint8Array[],
  onCancel: () => void = () => undefined,
): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: onCancel,
  });
}

async function read(...chunks: readonly (string | Uint8Array)[]): Promise<readonly ServerSentEvent[]> {
  const encoder = new TextEncoder();
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? encoder.encode(chunk) : chunk));
  return await Array.fromAsync(readServerSentEvents(streamOf(bytes)));
}

const line = fc.string({ unit: fc.constantFrom("a", ":", " ", "é", "😀", "{", "data: "), maxLength: 5 });
const event = fc.record(
  {
    event: fc.constantFrom("message", "change", "bookmark"),
    id: fc.constantFrom("", "7", "1234"),
    data: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n")),
  },
  { noNullPrototype: true },
);

function written({ event: name, id, data }: ServerSentEvent, lineEnd: string): string {
  const lines = [
    ": a comment",
    "retry: 500",
    ...(name === "message" ? [] : [`event: ${name}`]),
    ...(id === "" ? [] : [`id:${id}`]),
    ...data.split("\n").map((each) => `data: ${each}`),
  ];
  return lines.map((each) => each + lineEnd).join("") + lineEnd;
}

test("events are the same wherever the network cuts the stream, with every kind of line end", async () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 5 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      cuts,
      async (events, lineEnd, places) => {
        const bytes = new TextEncoder().encode(events.map((each) => written(each, lineEnd)).join(""));
        const at = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
        const chunks = [0, ...at].map((from, nth) => bytes.subarray(from, at[nth] ?? bytes.length));
        assert.deepEqual(await read(...chunks), events);
      },
    ),
    { numRuns: 300 },
  );
});

test("an event may come byte by byte, also where its line ends have two", async () => {
  const bytes = new TextEncoder().encode("id: 1\r\ndata: é\r\ndata: 2\r\n\r\ndata: 3\r\n\r\n");
  assert.deepEqual(await read(...Array.from(bytes, (byte) => Uint8Array.of(byte))), [
    { event: "message", id: "1", data: "é\n2" },
    { event: "message", id: "", data: "3" },
  ]);
});

test("of a value one leading space is no part, and further ones and colons are", async () => {
  const [only] = await read("data:  a: b \nevent:x\n\n");
  assert.deepEqual(only, { event: "x", id: "", data: " a: b " });
});

test("comments and blocks without data or id are no events, and a line without a colon is an empty field", async () => {
  assert.deepEqual(await read(": keep-alive\n\n\n\nevent: change\n\nunknown: 1\n\n"), []);
  assert.deepEqual(await read("data\ndata\n\n"), [{ event: "message", id: "", data: "\n" }]);
  assert.deepEqual(await read("event: bookmark\nid: 9\n\n"), [{ event: "bookmark", id: "9", data: "" }]);
});

test("an event that the stream's end cuts off is not given", async () => {
  assert.deepEqual(await read("data: 1\n\ndata: 2\n"), [{ event: "message", id: "", data: "1" }]);
});

test("an event without end is refused as too large, and the stream is let go of", async () => {
  let cancelled = false;
  const chunk = new Uint8Array(4 * 1024 * 1024).fill(97);
  const stream = streamOf([chunk, chunk, chunk, chunk, chunk, chunk], () => (cancelled = true));
  await assert.rejects(Array.fromAsync(readServerSentEvents(stream)), {
    name: "VdcError",
    code: "too-large",
  });
  assert.ok(cancelled);
});

test("a reader that leaves early cancels the stream", async () => {
  let cancelled = false;
  const endless = new TextEncoder().encode("data: 1\n\n");
  const stream = streamOf(
    Array.from({ length: 100 }, () => endless),
    () => (cancelled = true),
  );
  for await (const { data } of readServerSentEvents(stream)) {
    assert.equal(data, "1");
    break;
  }
  assert.ok(cancelled);
});
