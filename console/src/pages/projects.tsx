import { useDeferredValue } from "react";
import { Link, useSearchParams } from "react-router";
import { VdcError } from "#api/errors.ts";
import { matchesSelector, parseLabelSelector, type Selector } from "#api/selectors.ts";
import { may } from "#console/data/permissions.ts";
import { useProjects, type Project } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { TextField } from "#console/kit/field.tsx";
import { Labels } from "#console/kit/labels.tsx";
import { Empty, NoneFits, Page } from "#console/kit/page.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { countOf, formatCount } from "#console/lib/format.ts";
import { overlay } from "#console/shell/overlay-store.ts";

export function Projects() {
  const me = useMe();
  const query = useProjects();
  const [search, setSearch] = useSearchParams();
  const text = search.get("q") ?? "";
  const labels = search.get("labels") ?? "";
  const selector = readSelector(useDeferredValue(labels));
  const found = (query.projects ?? []).filter((project) => fits(project, text, selector.selector));

  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === "") before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const create = may(me, "project.create") && (
    <Button look="primary" onClick={() => overlay.set("create-project")}>
      Create project
    </Button>
  );
  return (
    <Page title="Projects" subtitle="Tenants of the data center: members, quotas and names." actions={create}>
      <section aria-label="Projects" className="rounded-lg border border-line bg-surface">
        <div className="flex flex-wrap items-start gap-3 border-b border-line p-3">
          <div className="w-64 max-sm:w-full">
            <TextField
              label="Search"
              hideLabel
              type="search"
              placeholder="Search by name or title"
              value={text}
              onChange={(event) => set("q", event.target.value)}
            />
          </div>
          <div className="w-72 max-sm:w-full">
            <TextField
              label="Label selector"
              hideLabel
              placeholder="Labels: team=web, !old"
              value={labels}
              error={selector.error}
              onChange={(event) => set("labels", event.target.value)}
            />
          </div>
          {query.projects !== undefined && (
            <span className="ml-auto self-center text-xs text-faint tabular" role="status">
              {found.length === query.projects.length
                ? countOf(found.length, "project")
                : `${formatCount(found.length)} of ${formatCount(query.projects.length)}`}
              {query.data?.truncated === true && ", more exist"}
            </span>
          )}
        </div>
        {query.projects === undefined ? (
          query.error === null ? (
            <SkeletonRows />
          ) : (
            <div className="p-4">
              <Failure error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )
        ) : (
          <DataTable
            label="Projects"
            columns={columns(me.owner ? undefined : me.projects)}
            rows={found}
            rowKey={(project) => project.id}
            empty={
              query.projects.length === 0 ? (
                <Empty title="No project yet" actions={create}>
                  {me.owner
                    ? "Create one here, or with vdc apply. It appears by itself."
                    : "Ask an admin of a project to make you a member. It appears by itself."}
                </Empty>
              ) : (
                <NoneFits title="No project fits" clear={() => setSearch({}, { replace: true })} />
              )
            }
          />
        )}
      </section>
    </Page>
  );
}

function columns(roles: Readonly<Record<string, string>> | undefined): readonly Column<Project>[] {
  return [
    {
      header: "Name",
      sortBy: (project) => project.name,
      cell: (project) => (
        <Link
          to={`/projects/${project.name}`}
          className="font-medium text-ink hover:underline hover:underline-offset-3 max-sm:inline-flex max-sm:min-h-8 max-sm:items-center"
        >
          {project.name}
        </Link>
      ),
    },
    {
      header: "Title",
      sortBy: (project) => project.spec.title,
      cell: (project) => project.spec.title,
      className: "text-dim",
    },
    { header: "Labels", optional: true, cell: (project) => <Labels labels={project.labels} /> },
    {
      header: "State",
      cell: (project) =>
        project.deletingSince === undefined ? (
          <State tone="good">{project.status.phase ?? "active"}</State>
        ) : (
          <State tone="warn">deleting</State>
        ),
    },
    ...(roles === undefined
      ? []
      : [{ header: "Your role", cell: (project: Project) => <Tag>{roles[project.name] ?? "none"}</Tag> }]),
    {
      header: "Members",
      align: "end",
      sortBy: (project) => project.spec.members.length,
      cell: (project) => formatCount(project.spec.members.length),
    },
    {
      header: "Created",
      optional: true,
      align: "end",
      sortBy: (project) => project.createdAt,
      cell: (project) => <Ago at={project.createdAt} />,
      className: "text-dim",
    },
  ];
}

function fits(project: Project, text: string, selector: Selector): boolean {
  const words = text.toLowerCase().split(/\s+/);
  const hay = `${project.name} ${project.spec.title}`.toLowerCase();
  // The selector reads fields by path, as it does for every kind.
  return words.every((word) => hay.includes(word)) && matchesSelector(project, selector);
}

function readSelector(text: string): { readonly selector: Selector; readonly error: string | undefined } {
  try {
    return { selector: parseLabelSelector(text), error: undefined };
  } catch (error) {
    // A half-typed selector selects everything and says what is missing.
    return { selector: [], error: error instanceof VdcError ? error.fields[0]?.message : undefined };
  }
}
