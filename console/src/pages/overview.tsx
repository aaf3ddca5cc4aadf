import { lazy, Suspense } from "react";
import { Link } from "react-router";
import type { Operation } from "#api/records.ts";
import { may } from "#console/data/permissions.ts";
import {
  useEvents,
  useMachines,
  useOperations,
  useProjects,
  useSystem,
  type Project,
} from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { StateMark, Tag } from "#console/kit/state.tsx";
import { useNow } from "#console/kit/time.tsx";
import { attentionItems, type AttentionItem } from "#console/lib/attention.ts";
import { countOf } from "#console/lib/format.ts";
import { isRunning } from "#console/lib/operations.ts";
import { EventList } from "#console/pages/event-list.tsx";
import { MachineStrip } from "#console/pages/machine-strip.tsx";
import { PartsPanel } from "#console/pages/parts-panel.tsx";
import { OperationCard } from "#console/shell/operation-card.tsx";
import { overlay } from "#console/shell/overlay-store.ts";

/** Loaded after the page: it shows nothing where nobody works. */
const BurstPanel = lazy(async () => ({
  default: (await import("#console/pages/burst/burst-panel.tsx")).BurstPanel,
}));

/** Events on the overview; their page has the rest. */
const eventsShown = 12;

export function Overview() {
  const me = useMe();
  return may(me, "system.view") ? <OwnerOverview /> : <MemberOverview />;
}

function OwnerOverview() {
  const system = useSystem(true);
  const { projects } = useProjects();
  const { machines } = useMachines();
  const operations = useOperations();
  const minute = useNow(60_000);
  const attention = attentionItems(
    { system: system.data, operations: operations.data?.items ?? [], machines: machines ?? [] },
    minute,
  );
  return (
    <Page
      title="Overview"
      aside={system.data !== undefined && <OverallState items={attention} />}
      actions={
        <Button look="primary" onClick={() => overlay.set("create-project")}>
          Create project
        </Button>
      }
    >
      {projects?.length === 0 && <FirstSteps />}
      {attention.length > 0 && <Attention items={attention} />}
      <MachineStrip machine={machines?.[0]} />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex min-w-0 flex-col gap-6">
          <RunningOperations operations={operations.data?.items ?? []} />
          <Suspense fallback={null}>
            <BurstPanel />
          </Suspense>
          <PartsPanel system={system} />
          <ProjectsPanel projects={projects} />
        </div>
        <LiveEvents />
      </div>
    </Page>
  );
}

function OverallState(props: { readonly items: readonly AttentionItem[] }) {
  const bad = props.items.filter((item) => item.tone === "bad").length;
  const warn = props.items.filter((item) => item.tone === "warn").length;
  const tone = bad > 0 ? "bad" : warn > 0 ? "warn" : "good";
  return (
    <span className="inline-flex items-center gap-2 text-dim">
      <StateMark tone={tone} />
      {tone === "good" ? "Everything runs" : `${countOf(bad + warn, "thing needs", "things need")} attention`}
    </span>
  );
}

function Attention(props: { readonly items: readonly AttentionItem[] }) {
  return (
    <section aria-label="Attention" className="overflow-hidden rounded-lg border border-line bg-surface">
      <ul className="divide-y divide-line">
        {props.items.map((item) => (
          <li key={item.id}>
            <Link
              to={item.to}
              className="flex min-h-10 items-start gap-3 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2"
            >
              <span className="flex h-5 items-center">
                <StateMark tone={item.tone} />
              </span>
              <span className="min-w-0 sm:flex sm:gap-4">
                <span className="block text-ink">{item.title}</span>
                <span className="block text-dim">{item.detail}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function RunningOperations(props: { readonly operations: readonly Operation[] }) {
  const running = props.operations.filter(isRunning);
  if (running.length === 0) return null;
  return (
    <Panel title="Running now" note={running.length} flush>
      <ul className="divide-y divide-line">
        {running.map((operation) => (
          <li key={operation.id}>
            <OperationCard operation={operation} startOpen={false} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function FirstSteps() {
  return (
    <section className="rounded-lg border border-line bg-surface">
      <Empty
        title="The data center runs, and is empty"
        actions={
          <>
            <Button look="primary" onClick={() => overlay.set("create-project")}>
              Create the first project
            </Button>
            <ButtonLink to="/users">Invite people</ButtonLink>
          </>
        }
      >
        A project is a tenant: its members, its quotas, its names. Everything that runs here will live in one.
      </Empty>
    </section>
  );
}

/** Projects on the overview; their page has the rest. */
const projectsShown = 8;

function ProjectsPanel(props: { readonly projects: readonly Project[] | undefined }) {
  const me = useMe();
  const { projects } = props;
  if (projects === undefined)
    return (
      <Panel title="Projects" flush>
        <SkeletonRows />
      </Panel>
    );
  if (projects.length === 0) return null;
  return (
    <Panel
      title="Projects"
      note={projects.length}
      flush
      actions={
        <Link to="/projects" className="link text-xs max-sm:flex max-sm:min-h-10 max-sm:items-center">
          All projects
        </Link>
      }
    >
      <ul className="divide-y divide-line">
        {projects.slice(0, projectsShown).map((project) => {
          const role = me.projects[project.name];
          return (
            <li key={project.id}>
              <Link
                to={`/projects/${project.name}`}
                className="flex min-h-10 items-center gap-4 px-4 py-2 hover:bg-hover focus-visible:-outline-offset-2"
              >
                <span className="min-w-0 truncate font-medium text-ink">{project.name}</span>
                <span className="min-w-0 truncate text-dim">{project.spec.title}</span>
                <span className="ml-auto flex shrink-0 items-center gap-3 text-xs text-faint">
                  {project.deletingSince !== undefined && <Tag tone="warn">deleting</Tag>}
                  {role !== undefined && <Tag>{role}</Tag>}
                  {countOf(project.spec.members.length, "member")}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function LiveEvents() {
  const query = useEvents();
  return (
    <Panel
      title="Live events"
      flush
      actions={
        <Link to="/events" className="link text-xs max-sm:flex max-sm:min-h-10 max-sm:items-center">
          All events
        </Link>
      }
    >
      {query.data === undefined ? (
        query.error === null ? (
          <SkeletonRows />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : query.data.items.length === 0 ? (
        <Empty title="Nothing has happened yet">What happens shows up here by itself.</Empty>
      ) : (
        <EventList events={query.data.items.slice(0, eventsShown)} compact />
      )}
    </Panel>
  );
}

function MemberOverview() {
  const { projects } = useProjects();
  return (
    <Page title="Overview" subtitle="Your projects and what happens in them.">
      {projects?.length === 0 && (
        <section className="rounded-lg border border-line bg-surface">
          <Empty title="You are in no project yet">
            Ask an admin of a project, or an owner of the data center, to make you a member. It will appear
            here by itself.
          </Empty>
        </section>
      )}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-6">
          <ProjectsPanel projects={projects} />
          <Suspense fallback={null}>
            <BurstPanel />
          </Suspense>
        </div>
        <LiveEvents />
      </div>
    </Page>
  );
}
