import type { ComponentProps, ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "#console/kit/class-names.ts";

type Look = "primary" | "plain" | "quiet" | "danger";

const looks: Readonly<Record<Look, string>> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong font-medium",
  plain: "bg-raised text-ink border border-line hover:border-line-strong",
  quiet: "text-dim hover:text-ink hover:bg-hover",
  danger: "bg-bad text-on-bad hover:bg-bad-strong font-medium",
};

const base =
  "control inline-flex items-center justify-center gap-2 rounded-md px-3 text-sm whitespace-nowrap select-none transition-colors disabled:opacity-50";

export function Button({
  look = "plain",
  busy = false,
  className,
  children,
  ...rest
}: ComponentProps<"button"> & { readonly look?: Look; readonly busy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={rest.disabled === true || busy}
      className={cx(base, looks[look], className)}
    >
      {busy && <Spinner />}
      {children}
    </button>
  );
}

export function ButtonLink({
  look = "plain",
  className,
  ...rest
}: ComponentProps<typeof Link> & { readonly look?: Look }) {
  return <Link {...rest} className={cx(base, looks[look], className)} />;
}

/** A square button with an icon; its label is for screen readers and for the pointer that rests on it. */
export function IconButton({
  label,
  children,
  className,
  ...rest
}: ComponentProps<"button"> & { readonly label: string; readonly children: ReactNode }) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={cx(
        "inline-grid size-8 shrink-0 place-items-center rounded-md text-dim transition-colors hover:bg-hover hover:text-ink disabled:opacity-50 max-sm:size-10 coarse:size-10",
        className,
      )}
    >
      {children}
    </button>
  );
}

export function Spinner() {
  return (
    <svg viewBox="0 0 16 16" className="size-3.5 animate-spin motion-reduce:animate-none" aria-hidden="true">
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.25" />
      <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
