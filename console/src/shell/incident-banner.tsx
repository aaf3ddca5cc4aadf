import { X } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "react-router";
import type { Me } from "#api/accounts.ts";
import { calmMs, useIncidents } from "#console/data/incident-queries.ts";
import { IconButton } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { StateMark } from "#console/kit/state.tsx";
import { countOf } from "#console/lib/format.ts";
import { impactWords, isOpen, worstOpen } from "#console/lib/incident-view.ts";

/** Says over every page that something affects the caller's projects. Hidden, it comes back with the next update. */
export function IncidentBanner(props: { readonly me: Me }) {
  const { items = [] } = useIncidents(props.me, calmMs);
  const [hidden, setHidden] = useState("");
  const isListed = useLocation().pathname === "/incidents";
  const worst = worstOpen(items);
  const others = items.filter(isOpen).length - 1;
  const version = worst === undefined ? "" : `${worst.id} ${worst.updates.length} ${others}`;
  const isShown = worst !== undefined && hidden !== version && !isListed;
  return (
    <div role="status" aria-live="polite">
      {isShown && (
        <div
          className={cx(
            "flex items-start gap-3 border-b border-line px-6 py-1.5 text-ink max-sm:px-4",
            impactWords[worst.impact].tone === "bad" ? "bg-bad-soft" : "bg-warn-soft",
          )}
        >
          <span className="flex h-8 items-center">
            <StateMark tone={impactWords[worst.impact].tone === "bad" ? "bad" : "warn"} />
          </span>
          <p className="min-w-0 grow py-1.5">
            <Link to="/incidents" className="font-medium underline underline-offset-3">
              {worst.title}
            </Link>
            <span className="text-dim max-sm:hidden"> {worst.updates.at(-1)?.text}</span>
            {others > 0 && <span className="text-dim"> And {countOf(others, "other incident")}.</span>}
          </p>
          <IconButton label="Hide until there is news" onClick={() => setHidden(version)}>
            <X size={15} aria-hidden="true" />
          </IconButton>
        </div>
      )}
    </div>
  );
}
