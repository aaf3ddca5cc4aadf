import type { Index, PlacedMutation, Row } from "./index-contract.ts";
import { binaryBytes, binaryText, SortedMap } from "./sorted-map.ts";

type Cell = Omit<Row, "key">;

/** The index in memory, for the simulator and for tests. */
export function memoryIndex(): Index {
  const rows = new SortedMap<Cell>();
  let applied = 0;
  return {
    get applied() {
      return applied;
    },
    get: (key) => {
      const cell = rows.get(binaryText(key));
      return cell === undefined ? undefined : { key, ...cell };
    },
    *scan(from, to, direction) {
      for (const [key, cell] of rows.range(binaryText(from), binaryText(to), direction))
        yield { key: binaryBytes(key), ...cell };
    },
    apply: (sequence, mutations) => {
      for (const mutation of mutations) applyOne(rows, mutation);
      applied = sequence;
    },
    rowsInSegment: (segment, limit) => {
      const found: Row[] = [];
      for (const [key, cell] of rows.range("", "\u00ff")) {
        if (found.length >= limit) break;
        if (cell.segment === segment) found.push({ key: binaryBytes(key), ...cell });
      }
      return found;
    },
    clear: () => {
      rows.clear();
      applied = 0;
    },
    close: () => {},
  };
}

function applyOne(rows: SortedMap<Cell>, mutation: PlacedMutation): void {
  const key = binaryText(mutation.key);
  if (mutation.type === "remove") rows.delete(key);
  else if (mutation.place === undefined) rows.set(key, { value: mutation.value, segment: mutation.segment });
  else rows.set(key, { value: mutation.value, place: mutation.place, segment: mutation.place.segment });
}
