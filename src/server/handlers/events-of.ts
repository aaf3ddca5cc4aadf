import type { EventStream } from "../watch/event-stream.ts";

/**
 * Sends each item as an event of this name, at the reader's pace: the source waits, or drops, as it documents. Ends
 * with the source or the reader.
 */
export async function eventsOf(
  name: string,
  items: AsyncIterable<unknown>,
  stream: EventStream,
): Promise<void> {
  for await (const item of items) {
    if (stream.signal.aborted) return;
    await stream.send(`event: ${name}\ndata: ${JSON.stringify(item)}\n\n`);
  }
}
