import { moneyText } from "#api/money.ts";
import { cx } from "#console/kit/class-names.ts";
import { formatCost, shortMoney } from "#console/lib/burst-text.ts";
import { countOf } from "#console/lib/format.ts";

/** An amount, short; the exact one for the pointer that rests on it. */
export function Money(props: { readonly amount: string; readonly currency: string }) {
  const { amount, currency } = props;
  return (
    <span className="whitespace-nowrap tabular" title={moneyText(amount, currency)}>
      {shortMoney(amount, currency)}
    </span>
  );
}

interface Line {
  readonly stage: string;
  readonly tasks: number;
  readonly cost: number;
  readonly amount: string;
}

/** Lines, then what is taken off, then what remains: exact, so that it can be added up by hand. */
export function Receipt(props: {
  readonly label: string;
  readonly currency: string;
  readonly lines: readonly Line[];
  readonly sums: readonly { readonly name: string; readonly amount: string; readonly strong?: boolean }[];
}) {
  const { currency } = props;
  return (
    <table aria-label={props.label} className="w-full border-collapse text-ink tabular">
      <thead className="sr-only">
        <tr>
          <th scope="col">What</th>
          <th scope="col">Amount</th>
        </tr>
      </thead>
      <tbody>
        {props.lines.map((line) => (
          <tr key={line.stage} className="align-baseline">
            <th scope="row" className="py-1 pr-4 text-start font-normal">
              {line.stage}
              <span className="block text-xs text-faint">
                {countOf(line.tasks, "task")}, {formatCost(line.cost)}
              </span>
            </th>
            <td className="py-1 text-end whitespace-nowrap">{moneyText(line.amount, currency)}</td>
          </tr>
        ))}
        {props.sums.map((sum, at) => (
          <tr key={sum.name} className={cx("align-baseline", at === 0 && "border-t border-line-strong")}>
            <th
              scope="row"
              className={cx("py-1 pr-4 text-start", sum.strong === true ? "font-semibold" : "font-normal")}
            >
              {sum.name}
            </th>
            <td className={cx("py-1 text-end whitespace-nowrap", sum.strong === true && "font-semibold")}>
              {moneyText(sum.amount, currency)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
