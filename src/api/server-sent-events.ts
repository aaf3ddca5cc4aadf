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
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      pending += decoder.decode(value, { stream: true }).replaceAll("\r\n", "\n");
      for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
        const event = parseEvent(pending.slice(0, end));
        pending = pending.slice(end + 2);
        if (event !== undefined) yield event;
      }
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
    if (colon <= 0) continue; // a comment, or a field without a value
    const value = line.slice(colon + 1).replace(/^ /, "");
    const name = line.slice(0, colon);
    if (name === "data") data.push(value);
    else if (name === "event" || name === "id") fields[name] = value;
  }
  if (data.length === 0 && fields.id === "") return undefined;
  return { ...fields, data: data.join("\n") };
}
