import { ExternalLink, Plus } from "lucide-react";
import { useState } from "react";
import { oftenMs, useIncidents, useStatusPage } from "#console/data/incident-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { PostIncident } from "#console/forms/incidents/post-incident.tsx";
import { Button } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { countOf } from "#console/lib/format.ts";
import { isOpen } from "#console/lib/incident-view.ts";
import { IncidentCard } from "#console/pages/incidents/incident-card.tsx";
import { IncidentsTabs } from "#console/pages/incidents/incidents-tabs.tsx";

/** Resolved ones that are shown at first. */
const endedShown = 10;

export function Incidents() {
  const me = useMe();
  const [posting, setPosting] = useState(false);
  const [all, setAll] = useState(false);
  const { items, error, refetch } = useIncidents(me, oftenMs);
  const page = useStatusPage();
  const open = items?.filter(isOpen) ?? [];
  const ended = items?.filter((incident) => !isOpen(incident)) ?? [];
  return (
    <Page
      title="Incidents"
      subtitle={
        me.owner
          ? "What is impaired, who is concerned, and who was told."
          : "What affects your projects, and who was told."
      }
      aside={items !== undefined && <Overall open={open.length} />}
      actions={
        <>
          {page !== undefined && (
            <a
              href={page}
              target="_blank"
              rel="noreferrer"
              className="link inline-flex items-center gap-1.5 max-sm:min-h-10"
            >
              Public status page
              <ExternalLink size={13} aria-hidden="true" />
              <span className="sr-only">, in a new tab</span>
            </a>
          )}
          {may(me, "incident.manage") && (
            <Button look="primary" onClick={() => setPosting(true)}>
              <Plus size={15} aria-hidden="true" />
              Post incident
            </Button>
          )}
        </>
      }
    >
      <IncidentsTabs />
      {items === undefined ? (
        error === null ? (
          <SkeletonRows />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <>
          <section aria-labelledby="open" className="flex flex-col gap-4">
            <h2 id="open" className="sr-only">
              Open
            </h2>
            {open.length === 0 ? (
              <div className="rounded-lg border border-line bg-surface">
                <Empty title="Nothing is impaired">
                  What is found shows up here by itself, before anybody has to ask.
                </Empty>
              </div>
            ) : (
              open.map((incident) => <IncidentCard key={incident.id} incident={incident} startOpen />)
            )}
          </section>
          {ended.length > 0 && (
            <section aria-labelledby="earlier" className="flex flex-col gap-3">
              <h2 id="earlier" className="text-sm font-semibold text-ink">
                Earlier
              </h2>
              {ended.slice(0, all ? undefined : endedShown).map((incident) => (
                <IncidentCard key={incident.id} incident={incident} startOpen={false} />
              ))}
              {!all && ended.length > endedShown && (
                <div className="flex justify-center">
                  <Button onClick={() => setAll(true)}>{`Show all ${ended.length}`}</Button>
                </div>
              )}
            </section>
          )}
        </>
      )}
      {posting && <PostIncident onClose={() => setPosting(false)} />}
    </Page>
  );
}

function Overall(props: { readonly open: number }) {
  return props.open === 0 ? (
    <State tone="good">All clear</State>
  ) : (
    <State tone="warn">{`${countOf(props.open, "incident")} open`}</State>
  );
}
