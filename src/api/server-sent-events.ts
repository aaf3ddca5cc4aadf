import { VdcError } from "#api/errors.ts";

export interface ServerSentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** Longest event that a reader takes, in UTF-16 code units. */
const maxEventLength = 16 * 1024 * 1024;

/** Reads the WHATWG event stream format; comments and `retry` are skipped. */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  let heldBack = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const text = heldBack + decoder.decode(value, { stream: !done });
      // A CR that ends a chunk may be half of a CRLF, which is one line end, not two.
      heldBack = !done && text.endsWith("\r") ? "\r" : "";
      pending += text.slice(0, text.length - heldBack.length).replaceAll(/\r\n?/g, "\n");
      for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
        const event = parseEvent(pending.slice(0, end));
        pending = pending.slice(end + 2);
        if (event !== undefined) yield event;
      }
      if (done) return;
      if (pending.length > maxEventLength)
        throw new VdcError("too-large", "An event of the stream is longer than 16 MiB.");
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the stream may be broken already, which is why we leave
  }
}

function parseEvent(block: string): ServerSentEvent | undefined {
  const data: string[] = [];
  const fields = { event: "message", id: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event" || name === "id") fields[name] = value;
  }
  if (data.length === 0 && fields.id === "") return undefined;
  return { ...fields, data: data.join("\n") };
}
