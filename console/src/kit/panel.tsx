import { useId, type ReactNode } from "react";
import { cx } from "#console/kit/class-names.ts";

/** A region with a heading. `flush` lets tables reach its edges. */
export function Panel(props: {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly note?: ReactNode;
  readonly flush?: boolean;
  /** The page's own title says it already: only screen readers hear this one. */
  readonly quietTitle?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  const heading = useId();
  const bare = props.quietTitle === true && props.note === undefined && props.actions === undefined;
  return (
    <section
      aria-labelledby={heading}
      className={cx("flex min-w-0 flex-col rounded-lg border border-line bg-surface", props.className)}
    >
      {bare ? (
        <h2 id={heading} className="sr-only">
          {props.title}
        </h2>
      ) : (
        <header className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-2">
          <div className="flex min-w-0 items-baseline gap-3">
            <h2
              id={heading}
              className={props.quietTitle === true ? "sr-only" : "text-sm font-semibold text-ink"}
            >
              {props.title}
            </h2>
            {props.note !== undefined && <span className="text-xs text-faint tabular">{props.note}</span>}
          </div>
          {props.actions !== undefined && (
            <div className="flex flex-wrap items-center gap-2">{props.actions}</div>
          )}
        </header>
      )}
      <div
        className={cx("min-w-0 grow", props.flush === true ? !bare && "border-t border-line" : "px-4 pb-4")}
      >
        {props.children}
      </div>
    </section>
  );
}

/** Names and values, one under the other. */
export function Facts(props: {
  readonly items: readonly { readonly name: string; readonly value: ReactNode }[];
}) {
  return (
    <dl className="grid grid-cols-[minmax(7rem,max-content)_1fr] gap-x-6 gap-y-2">
      {props.items.map((item) => (
        <div key={item.name} className="contents">
          <dt className="text-dim">{item.name}</dt>
          <dd className="min-w-0 text-ink tabular">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
