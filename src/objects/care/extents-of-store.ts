import type { ExtentRef } from "#objects/records.ts";
import { pageRows, type CarePorts } from "./care-ports.ts";

/** Every extent that a record refers to, in bounded pages; what changes meanwhile may or may not be seen. */
export async function* extentsOfStore(
  ports: Pick<CarePorts, "rows">,
  signal: AbortSignal,
): AsyncGenerator<ExtentRef> {
  let after: Uint8Array | undefined;
  // Bounded by the table.
  do {
    const { rows, next } = ports.rows.page("extent", after, pageRows);
    for (const { key } of rows) {
      signal.throwIfAborted();
      const id = Buffer.from(key.subarray(1)).toString("latin1"); // after the table: 32 hexadecimal digits
      const found = ports.rows.extent(id);
      if (found !== undefined) yield found.extent;
    }
    after = next;
    await Promise.resolve();
  } while (after !== undefined);
}
