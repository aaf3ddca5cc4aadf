import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./class-names.ts";

const looks = {
  primary: "bg-accent text-on-accent font-medium hover:bg-accent-strong",
  plain: "border border-line bg-raised hover:border-line-strong",
  quiet: "text-dim hover:bg-hover hover:text-ink",
  danger: "border border-bad/50 text-bad hover:bg-bad/10",
} as const;

/** `busy`: what it began is not over; it cannot be pressed again, and says so. */
export function Button({
  look = "plain",
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ComponentProps<"button"> & { readonly look?: keyof typeof looks; readonly busy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy}
      className={cx(
        "control inline-flex items-center justify-center gap-2 rounded-md px-3 text-sm whitespace-nowrap transition-colors disabled:opacity-50",
        looks[look],
        className,
      )}
    >
      {busy && <LoaderCircle size={14} aria-hidden="true" className="animate-spin" />}
      {children}
    </button>
  );
}

/** A button of a picture alone; `label` is what it is called, and its tooltip. */
export function IconButton({
  label,
  pressed,
  className,
  children,
  ...rest
}: ComponentProps<"button"> & {
  readonly label: string;
  readonly pressed?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      {...rest}
      className={cx(
        "control grid aspect-square place-items-center rounded-md text-dim transition-colors hover:bg-hover hover:text-ink disabled:opacity-50",
        pressed === true && "bg-hover text-accent",
        className,
      )}
    >
      {children}
    </button>
  );
}
