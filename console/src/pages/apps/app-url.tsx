import { ExternalLink } from "lucide-react";
import type { App } from "#console/data/app-queries.ts";

/** Where the app answers: its primary address, and how many more there are. */
export function AppUrl(props: { readonly app: App }) {
  const [url, ...more] = props.app.status.urls ?? [];
  if (url === undefined) return <span className="text-faint">none</span>;
  return (
    <span className="inline-flex min-w-0 items-baseline gap-2">
      <UrlLink url={url} />
      {more.length > 0 && <span className="text-xs text-faint">+{more.length}</span>}
    </span>
  );
}

export function UrlLink(props: {
  readonly url: string;
  /** With its scheme: where there are both. */ readonly whole?: boolean;
}) {
  const { url } = props;
  // Addresses are made by the server; what is none is shown and not followed.
  if (!/^https?:\/\//.test(url)) return <span>{url}</span>;
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="link inline-flex min-w-0 items-center gap-1.5 max-sm:min-h-8"
    >
      <span className="min-w-0">
        {props.whole === true ? url : url.replace(/^https?:\/\//, "").replace(/\/$/, "")}
      </span>
      <ExternalLink size={13} aria-hidden="true" className="shrink-0" />
      <span className="sr-only">, opens in a new tab</span>
    </a>
  );
}
