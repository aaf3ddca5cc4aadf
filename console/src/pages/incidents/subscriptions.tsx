import { Plus } from "lucide-react";
import { useState } from "react";
import { useProjectPage, useSubscriptionsOf, type Subscription } from "#console/data/incident-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { CreateSubscription } from "#console/forms/incidents/create-subscription.tsx";
import { DeleteSubscription, TrySubscription } from "#console/forms/incidents/subscription-dialogs.tsx";
import { Button } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, type Tone } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { countOf } from "#console/lib/format.ts";
import { impactWords } from "#console/lib/incident-view.ts";
import { IncidentsTabs } from "#console/pages/incidents/incidents-tabs.tsx";
import { ProjectSelect, useProjectChoice } from "#console/pages/apps/project-choice.tsx";

type Asked = { readonly what: "try" | "delete"; readonly subscription: Subscription };

/** Who is told of incidents, and how. */
export function Subscriptions() {
  const me = useMe();
  const { names, chosen, choose } = useProjectChoice();
  const [creating, setCreating] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const query = useSubscriptionsOf(chosen === "" ? (names ?? []) : [chosen]);
  const writable = names?.filter((name) => may(me, "subscription.change", name)) ?? [];
  const create = writable.length > 0 && (
    <Button look="primary" onClick={() => setCreating(true)}>
      <Plus size={15} aria-hidden="true" />
      Subscribe
    </Button>
  );
  const close = () => setAsked(undefined);
  return (
    <Page
      title="Incidents"
      subtitle="Who is told when something affects a project: before they notice, and when it is over."
      actions={create}
    >
      <IncidentsTabs />
      <Panel
        title="Subscriptions"
        flush
        actions={
          <div className="w-48 max-sm:w-full">
            <ProjectSelect names={names ?? []} value={chosen} all hideLabel onChange={choose} />
          </div>
        }
      >
        {query.error !== null ? (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        ) : query.items === undefined || names === undefined ? (
          <SkeletonRows rows={2} />
        ) : (
          <DataTable
            label="Subscriptions"
            columns={columns(writable, setAsked)}
            rows={query.items}
            rowKey={(subscription) => subscription.id}
            empty={
              <Empty title="Nobody is told yet" actions={create}>
                Give an address for e-mail or a webhook. Only what affects the project is sent.
              </Empty>
            }
          />
        )}
      </Panel>
      {chosen !== "" && <OwnPage project={chosen} />}
      {creating && (
        <CreateSubscription names={writable} project={chosen} onClose={() => setCreating(false)} />
      )}
      {asked?.what === "try" && <TrySubscription subscription={asked.subscription} onClose={close} />}
      {asked?.what === "delete" && <DeleteSubscription subscription={asked.subscription} onClose={close} />}
    </Page>
  );
}

function OwnPage(props: { readonly project: string }) {
  const page = useProjectPage(props.project, true);
  if (page === undefined) return null;
  return (
    <Panel title={`Status page of ${props.project}`}>
      <p className="mb-3 max-w-prose text-dim">
        It names the project’s own buckets. Whoever knows its address can read it, and follow it as a feed or
        by messages to the browser.
      </p>
      <CopyField text={page} label="Copy the address of the status page" />
    </Panel>
  );
}

const phases: Readonly<Record<string, { readonly tone: Tone; readonly text: string }>> = {
  pending: { tone: "busy", text: "Being set up" },
  active: { tone: "good", text: "Active" },
  failing: { tone: "bad", text: "Failing" },
};

function columns(writable: readonly string[], ask: (asked: Asked) => void): readonly Column<Subscription>[] {
  return [
    {
      header: "Name",
      sortBy: ({ name }) => name,
      cell: ({ name, spec }) => (
        <span className="block min-w-0">
          <span className="font-medium">{name}</span>
          {spec.description !== "" && (
            <span className="block truncate text-xs text-dim">{spec.description}</span>
          )}
        </span>
      ),
    },
    {
      header: "Project",
      sortBy: ({ project = "" }) => project,
      cell: ({ project }) => project,
      className: "text-dim",
    },
    {
      header: "To",
      cell: ({ spec }) => <span className="break-all">{spec.email ?? spec.webhook?.url}</span>,
    },
    {
      header: "About",
      optional: true,
      cell: ({ spec }) => (
        <span title={spec.buckets.join(", ")}>
          {spec.buckets.length === 0 ? "all of it" : countOf(spec.buckets.length, "bucket")},{" "}
          {spec.minimumImpact === "none"
            ? "whatever the impact"
            : `from ${impactWords[spec.minimumImpact].text.toLowerCase()} on`}
        </span>
      ),
      className: "text-dim",
    },
    {
      header: "State",
      cell: (subscription) => <Phase subscription={subscription} />,
    },
    {
      header: "Last told",
      optional: true,
      align: "end",
      cell: ({ status }) => (status.lastSentAt === undefined ? "never" : <Ago at={status.lastSentAt} />),
      className: "text-dim",
    },
    {
      header: "Actions",
      quietHeader: true,
      align: "end",
      className: "w-px",
      cell: (subscription) =>
        writable.includes(subscription.project ?? "") && <RowActions subscription={subscription} ask={ask} />,
    },
  ];
}

function Phase({ subscription }: { readonly subscription: Subscription }) {
  const { phase: name = "pending", reason } = subscription.status;
  const phase = phases[name] ?? { tone: "rest", text: name };
  return (
    <span className="block min-w-0">
      <State tone={phase.tone}>{phase.text}</State>
      {reason !== undefined && <span className="block text-xs break-words text-dim">{reason}</span>}
    </span>
  );
}

function RowActions(props: { readonly subscription: Subscription; readonly ask: (asked: Asked) => void }) {
  const { subscription, ask } = props;
  return (
    <span className="inline-flex gap-1">
      <Button aria-label={`Test ${subscription.name}`} onClick={() => ask({ what: "try", subscription })}>
        Test
      </Button>
      <Button
        look="quiet"
        aria-label={`Delete ${subscription.name}`}
        onClick={() => ask({ what: "delete", subscription })}
      >
        Delete
      </Button>
    </span>
  );
}
