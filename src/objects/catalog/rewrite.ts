import type { Journal } from "#objects/journal/journal-contract.ts";
import type { BlobPlace } from "#objects/records.ts";
import type { Executor } from "./executor.ts";
import type { Index, Row } from "./index-contract.ts";
import type { Planning } from "./planning.ts";

/** Bytes that one batch of the cleaning carries, besides the values. */
const batchBytesMax = 4 * 1024 * 1024;

/**
 * Appends live rows of a segment again, with their bytes, so that nothing needs the segment any more. Answers how many there were; 0: the segment may be
 * retired. Rows that changed meanwhile have left it by themselves.
 */
export async function rewriteSegment(
  parts: { readonly index: Index; readonly journal: Journal; readonly executor: Executor },
  segment: number,
  limit: number,
): Promise<number> {
  const rows = parts.index.rowsInSegment(segment, limit);
  let batch: { readonly row: Row; readonly blob?: Uint8Array }[] = [];
  let bytes = 0;
  const write = async () => {
    const taken = batch;
    batch = [];
    bytes = 0;
    await parts.executor.run(undefined, (plan) => planRewrite(plan, taken));
  };
  for (const row of rows) {
    const blob = row.place === undefined ? undefined : await parts.journal.readBlob(row.place);
    batch.push(blob === undefined ? { row } : { row, blob });
    bytes += row.value.length + (blob?.length ?? 0);
    if (bytes >= batchBytesMax) await write();
  }
  if (batch.length > 0) await write();
  return rows.length;
}

/** With what the rows say now; a row whose bytes are others now needs the old ones no more. */
export function planRewrite(
  plan: Planning,
  rows: readonly { readonly row: Row; readonly blob?: Uint8Array }[],
): void {
  for (const { row, blob } of rows) {
    const cell = plan.rows.get(row.key);
    if (cell === undefined || cell.blob !== undefined || !samePlace(cell.place, row.place)) continue;
    plan.rows.put(row.key, cell.value, blob === undefined ? {} : { blob });
  }
}

function samePlace(a: BlobPlace | undefined, b: BlobPlace | undefined): boolean {
  return a?.segment === b?.segment && a?.offset === b?.offset;
}
