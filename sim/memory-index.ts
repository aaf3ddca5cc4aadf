import type { Index, PlacedMutation, Row, RowHead } from "#objects/catalog/index-contract.ts";
import { binaryBytes, binaryText, SortedMap } from "#objects/catalog/sorted-map.ts";

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
    heads: (from, to, skip, limit) => {
      const heads: RowHead[] = [];
      for (const [key, { value }] of rows.range(binaryText(from), binaryText(to))) {
        if (heads.length >= limit) break;
        const text = Buffer.from(value).toString("utf8");
        const end = text.indexOf("\n");
        heads.push([binaryBytes(key).toString("utf8", skip), end < 0 ? text : text.slice(0, end)]);
      }
      return heads;
    },
    apply: (sequence, mutations) => {
      // Whatever is wrong with one of them shows before the first is done.
      const changes = mutations.map(toChange);
      for (const [key, cell] of changes)
        if (cell === undefined) rows.delete(key);
        else rows.set(key, cell);
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

function toChange(mutation: PlacedMutation): readonly [key: string, cell: Cell | undefined] {
  const key = binaryText(mutation.key);
  if (mutation.type === "remove") return [key, undefined];
  const { value, place, segment } = mutation;
  return [key, place === undefined ? { value, segment } : { value, place, segment: place.segment }];
}
