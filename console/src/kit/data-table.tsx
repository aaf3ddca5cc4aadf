import { ArrowDown, ArrowUp } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { formatCount } from "#console/lib/format.ts";

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "end";
  /** Makes the column one that rows can be sorted by. */
  readonly sortBy?: (row: Row) => string | number;
  readonly className?: string;
  /** Left out where the table is narrow; cards show it again. */
  readonly optional?: boolean;
  /** The header is for screen readers only: a column of buttons. */
  readonly quietHeader?: boolean;
}

interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/** More rows than this are drawn when asked for. */
const usualRows = 200;

/**
 * A table on wide containers, cards on narrow ones (base.css). The roles are written out because a changed
 * `display` takes the implied ones away.
 */
export function DataTable<Row>(props: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly empty: ReactNode;
  readonly startSorted?: Sorting;
  readonly rowsAtOnce?: number;
}) {
  const rowsAtOnce = props.rowsAtOnce ?? usualRows;
  const [sorting, setSorting] = useState(props.startSorted);
  const [shown, setShown] = useState(rowsAtOnce);
  if (props.rows.length === 0) return props.empty;
  const rows = sorting === undefined ? props.rows : sorted(props.rows, props.columns, sorting);
  return (
    <div className="table-frame">
      <table role="table" aria-label={props.label} className="data-table">
        <thead role="rowgroup">
          <tr role="row">
            {props.columns.map((column, at) => (
              <HeaderCell
                key={column.header}
                column={column}
                sorted={sorting?.column === at ? sorting : undefined}
                onSort={() => setSorting(nextSorting(sorting, at, column.align === "end"))}
              />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.slice(0, shown).map((row) => (
            <tr key={props.rowKey(row)} role="row">
              {props.columns.map((column) => (
                <td
                  key={column.header}
                  role="cell"
                  data-label={column.quietHeader === true ? undefined : column.header}
                  className={cx(
                    column.align === "end" && "end",
                    column.optional === true && "optional",
                    column.quietHeader === true && "action",
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <div className="flex items-center justify-center gap-3 border-t border-line p-3">
          <span className="text-xs text-faint tabular">
            {formatCount(shown)} of {formatCount(rows.length)}
          </span>
          <Button onClick={() => setShown(shown + rowsAtOnce)}>Show more</Button>
        </div>
      )}
    </div>
  );
}

function HeaderCell<Row>(props: {
  readonly column: Column<Row>;
  readonly sorted: Sorting | undefined;
  readonly onSort: () => void;
}) {
  const { column, sorted: by } = props;
  const direction = by === undefined ? undefined : by.descending ? "descending" : "ascending";
  const Arrow = by?.descending === true ? ArrowDown : ArrowUp;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={column.sortBy === undefined ? undefined : (direction ?? "none")}
      className={cx(column.align === "end" && "end", column.optional === true && "optional")}
    >
      {column.sortBy === undefined ? (
        <span className={column.quietHeader === true ? "sr-only" : undefined}>{column.header}</span>
      ) : (
        <>
          <span className="plain">{column.header}</span>
          <button
            type="button"
            onClick={props.onSort}
            className="inline-flex h-8 items-center gap-1 rounded-sm font-medium hover:text-ink"
          >
            {column.header}
            {by !== undefined && <Arrow size={12} aria-hidden="true" />}
          </button>
        </>
      )}
    </th>
  );
}

/** First click sorts as the column is read (numbers from the largest), the next one turns it. */
function nextSorting(before: Sorting | undefined, column: number, numbers: boolean): Sorting {
  return before?.column === column
    ? { column, descending: !before.descending }
    : { column, descending: numbers };
}

function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], by: Sorting): readonly Row[] {
  const value = columns[by.column]?.sortBy;
  if (value === undefined) return rows;
  const sign = by.descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const left = value(a);
    const right = value(b);
    return sign * (left < right ? -1 : left > right ? 1 : 0);
  });
}
