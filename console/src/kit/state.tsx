import { cx } from "#console/kit/class-names.ts";

export type Tone = "good" | "warn" | "bad" | "rest" | "busy";

const dots: Readonly<Record<Tone, string>> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  rest: "text-faint",
  busy: "text-accent",
};

/**
 * A state as shape, colour and word, so that none of the three is needed: filled disc for good, triangle for
 * attention, square for failed, ring for resting, turning arc for busy.
 */
export function State(props: {
  readonly tone: Tone;
  readonly children: string;
  readonly className?: string;
}) {
  return (
    <span className={cx("inline-flex items-center gap-2 align-middle whitespace-nowrap", props.className)}>
      <StateMark tone={props.tone} />
      <span>{props.children}</span>
    </span>
  );
}

export function StateMark(props: { readonly tone: Tone }) {
  return (
    <svg
      viewBox="0 0 10 10"
      aria-hidden="true"
      className={cx(
        "size-2.5 shrink-0",
        dots[props.tone],
        props.tone === "busy" && "animate-spin motion-reduce:animate-none",
      )}
    >
      {shapes[props.tone]}
    </svg>
  );
}

const shapes: Readonly<Record<Tone, React.JSX.Element>> = {
  good: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  warn: <path d="M5 .8 9.6 9H.4Z" fill="currentColor" />,
  bad: <rect x="1" y="1" width="8" height="8" rx="1.5" fill="currentColor" />,
  rest: <circle cx="5" cy="5" r="3.25" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  busy: (
    <path
      d="M5 1.5A3.5 3.5 0 1 1 1.5 5"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
    />
  ),
};

const tags: Readonly<Record<Tone, string>> = {
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  rest: "bg-sunken text-dim",
  busy: "bg-accent-soft text-accent",
};

export function Tag(props: {
  readonly tone?: Tone;
  readonly children: React.ReactNode;
  readonly title?: string;
}) {
  return (
    <span
      title={props.title}
      className={cx(
        "inline-flex max-w-full items-center truncate rounded-sm px-1.5 text-xs leading-5",
        tags[props.tone ?? "rest"],
      )}
    >
      {props.children}
    </span>
  );
}
