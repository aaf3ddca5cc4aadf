import { useEffect, type ReactNode } from "react";
import { Link } from "react-router";
import { Button } from "#console/kit/button.tsx";

/** Puts the page's name into the title of the tab. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · VDC`;
  }, [title]);
}

/** The head of a page: where it is, what it is, what can be done. */
export function Page(props: {
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly up?: { readonly to: string; readonly label: string };
  readonly aside?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  usePageTitle(props.title);
  return (
    <div className="mx-auto flex w-full max-w-[105rem] flex-col gap-6">
      <header>
        {props.up !== undefined && (
          <nav aria-label="Breadcrumb">
            <Link
              to={props.up.to}
              className="mb-1 inline-block text-xs text-dim hover:text-ink max-sm:inline-flex max-sm:min-h-10 max-sm:items-center"
            >
              <span aria-hidden="true">← </span>
              {props.up.label}
            </Link>
          </nav>
        )}
        <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <div className="flex min-h-8 min-w-0 flex-wrap items-center gap-x-4 gap-y-1">
            <h1 className="text-xl font-semibold tracking-tight">{props.title}</h1>
            {props.aside}
          </div>
          {props.actions !== undefined && (
            <div className="flex flex-wrap items-center gap-3">{props.actions}</div>
          )}
        </div>
        {props.subtitle !== undefined && <p className="mt-1 max-w-prose text-dim">{props.subtitle}</p>}
      </header>
      {props.children}
    </div>
  );
}

/** What is shown where there is nothing yet: why, and what to do next. */
export function Empty(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-10 text-center">
      <svg
        viewBox="0 0 64 40"
        className="h-10 text-line-strong"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
      >
        <rect x="4" y="2" width="56" height="10" rx="2" strokeDasharray="3 3" />
        <rect x="4" y="15" width="56" height="10" rx="2" strokeDasharray="3 3" />
        <rect x="4" y="28" width="56" height="10" rx="2" strokeDasharray="3 3" />
        <circle cx="53" cy="20" r="1.5" fill="var(--chart-2)" stroke="none" />
      </svg>
      <p className="text-sm font-medium text-ink">{props.title}</p>
      {props.children !== undefined && <p className="max-w-[44ch] text-dim">{props.children}</p>}
      {props.actions !== undefined && (
        <div className="mt-1 flex flex-wrap justify-center gap-2">{props.actions}</div>
      )}
    </div>
  );
}

/** Where filters leave nothing of a list that is not empty. */
export function NoneFits(props: { readonly title: string; readonly clear: () => void }) {
  return <Empty title={props.title} actions={<Button onClick={props.clear}>Clear the filters</Button>} />;
}
