import { useId, type ReactNode } from "react";
import { cx } from "../kit/class-names.ts";

export function Section(props: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3 border-b border-line p-4 last:border-b-0">
      <h2 className="text-xs font-semibold tracking-wide text-dim uppercase">{props.title}</h2>
      {props.children}
    </section>
  );
}

/** One of a few: radio buttons that look like one control. */
export function Choice<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 text-xs text-dim">{props.label}</legend>
      <div className="flex rounded-md border border-line bg-sunken p-0.5">
        {props.options.map(([value, text]) => (
          <label
            key={value}
            className={cx(
              "control flex flex-1 cursor-pointer items-center justify-center rounded px-2 text-center text-xs whitespace-nowrap transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
              value === props.value ? "bg-hover font-medium text-ink" : "text-dim hover:text-ink",
            )}
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={value === props.value}
              onChange={() => props.onChange(value)}
            />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Check(props: {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}) {
  return (
    <label className="control flex cursor-pointer items-center gap-2 text-xs">
      <input
        type="checkbox"
        className="size-4"
        checked={props.value}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}
