import { useId, type ComponentProps, type ReactNode } from "react";
import { cx } from "#console/kit/class-names.ts";

const box =
  "control w-full min-w-0 rounded-md border border-line-strong bg-raised px-3 text-sm text-ink transition-colors hover:border-dim focus-visible:outline-offset-0 aria-invalid:border-bad disabled:opacity-60 max-sm:text-[1rem]";

interface Around {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** For rows of a list, where the column says it. */
  readonly hideLabel?: boolean;
}

function useAround(around: Around) {
  const id = useId();
  const hint = around.hint === undefined ? undefined : `${id}-hint`;
  const error = around.error === undefined ? undefined : `${id}-error`;
  return {
    id,
    hint,
    error,
    aria: {
      id,
      "aria-invalid": around.error !== undefined || undefined,
      "aria-describedby": [error, hint].filter((part) => part !== undefined).join(" ") || undefined,
    },
  };
}

function Surround(
  props: Around & { readonly ids: ReturnType<typeof useAround>; readonly children: ReactNode },
) {
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label
        htmlFor={props.ids.id}
        className={props.hideLabel === true ? "sr-only" : "text-sm font-medium text-ink"}
      >
        {props.label}
      </label>
      {props.children}
      {props.error !== undefined && (
        <p id={props.ids.error} className="text-xs text-bad">
          {props.error}
        </p>
      )}
      {props.hint !== undefined && (
        <p id={props.ids.hint} className="text-xs text-dim">
          {props.hint}
        </p>
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...input
}: ComponentProps<"input"> & Around) {
  const around = { label, hint, error, ...(hideLabel === undefined ? {} : { hideLabel }) };
  const ids = useAround(around);
  return (
    <Surround {...around} ids={ids}>
      <input autoComplete="off" spellCheck={false} {...input} {...ids.aria} className={cx(box, className)} />
    </Surround>
  );
}

export function TextArea({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...input
}: ComponentProps<"textarea"> & Around) {
  const around = { label, hint, error, ...(hideLabel === undefined ? {} : { hideLabel }) };
  const ids = useAround(around);
  return (
    <Surround {...around} ids={ids}>
      <textarea rows={3} {...input} {...ids.aria} className={cx(box, "py-2", className)} />
    </Surround>
  );
}

export function SelectField({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...input
}: ComponentProps<"select"> & Around) {
  const around = { label, hint, error, ...(hideLabel === undefined ? {} : { hideLabel }) };
  const ids = useAround(around);
  return (
    <Surround {...around} ids={ids}>
      <span className="relative block">
        <select {...input} {...ids.aria} className={cx(box, "appearance-none pr-8", className)} />
        <svg
          viewBox="0 0 12 12"
          aria-hidden="true"
          className="pointer-events-none absolute top-1/2 right-3 size-3 -translate-y-1/2 text-dim"
        >
          <path
            d="m2.5 4.5 3.5 3.5 3.5-3.5"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
      </span>
    </Surround>
  );
}

export function CheckField({
  label,
  hint,
  ...input
}: ComponentProps<"input"> & { readonly label: string; readonly hint?: string }) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <input
        type="checkbox"
        {...input}
        id={id}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className="mt-0.5 size-4 shrink-0"
      />
      <div className="min-w-0">
        <label htmlFor={id} className="block text-sm text-ink max-sm:min-h-6">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-xs text-dim">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
