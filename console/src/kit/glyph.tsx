/** A rack from the front with one unit lit. */
export function Glyph(props: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 24 24" className={props.className ?? "size-6"} aria-hidden="true">
      <path
        d="M4 5.5h16M4 18.5h16M4 12h9"
        stroke="currentColor"
        strokeWidth="3.5"
        strokeLinecap="round"
        fill="none"
      />
      <circle cx="19" cy="12" r="2.5" fill="var(--chart-2)" />
    </svg>
  );
}

export function Wordmark(props: { readonly name?: string }) {
  return (
    <span className="flex min-w-0 items-center gap-2.5">
      <Glyph className="size-5 shrink-0 text-accent" />
      <span className="flex min-w-0 items-baseline gap-2">
        <span className="text-md font-semibold tracking-[0.08em] text-ink">VDC</span>
        {props.name !== undefined && <span className="truncate text-xs text-faint">{props.name}</span>}
      </span>
    </span>
  );
}
