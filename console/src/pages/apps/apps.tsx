import { Plus } from "lucide-react";
import { Link, useSearchParams } from "react-router";
import {
  maxProjectsAtOnce,
  useAppsOf,
  usePackagesOf,
  type App,
  type Package,
} from "#console/data/app-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { ButtonLink } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { TextField } from "#console/kit/field.tsx";
import { Empty, NoneFits, Page } from "#console/kit/page.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { appState, instanceCounts } from "#console/lib/app-view.ts";
import { countOf, formatCount } from "#console/lib/format.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";
import { AppUrl } from "#console/pages/apps/app-url.tsx";
import { AppsTabs } from "#console/pages/apps/apps-tabs.tsx";
import { PackageIcon } from "#console/pages/apps/package-icon.tsx";
import { ProjectSelect, useProjectChoice } from "#console/pages/apps/project-choice.tsx";

/** Every installed app that the caller may see. */
export function Apps() {
  const me = useMe();
  const { names, chosen, choose } = useProjectChoice();
  const shown = chosen === "" ? (names ?? []) : [chosen];
  const query = useAppsOf(shown);
  const packages = usePackagesOf(shown);
  const [search, setSearch] = useSearchParams();
  const text = search.get("q") ?? "";
  const apps = names === undefined ? undefined : query.items;
  const found = (apps ?? []).filter((app) => fits(app, text));
  const mayInstall = names?.some((name) => may(me, "app.change", name)) === true;
  const install = mayInstall && (
    <ButtonLink to={`/apps/install${chosen === "" ? "" : `?project=${chosen}`}`} look="primary">
      <Plus size={15} aria-hidden="true" />
      Install app
    </ButtonLink>
  );
  return (
    <Page title="Apps" subtitle="What runs here, and whether it serves." actions={install}>
      <AppsTabs />
      <section aria-label="Apps" className="rounded-lg border border-line bg-surface">
        <div className="flex flex-wrap items-start gap-3 border-b border-line p-3">
          <div className="w-64 max-sm:w-full">
            <TextField
              label="Search"
              hideLabel
              type="search"
              placeholder="Search by name or title"
              value={text}
              onChange={(event) =>
                setSearch(
                  (before) => {
                    if (event.target.value === "") before.delete("q");
                    else before.set("q", event.target.value);
                    return before;
                  },
                  { replace: true },
                )
              }
            />
          </div>
          <div className="w-48 max-sm:w-full">
            <ProjectSelect names={names ?? []} value={chosen} all hideLabel onChange={choose} />
          </div>
          {apps !== undefined && (
            <span className="ml-auto self-center text-xs text-faint tabular" role="status">
              {found.length === apps.length
                ? countOf(found.length, "app")
                : `${formatCount(found.length)} of ${formatCount(apps.length)}`}
              {shown.length > maxProjectsAtOnce && ` of the first ${maxProjectsAtOnce} projects`}
            </span>
          )}
        </div>
        {query.error !== null ? (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        ) : apps === undefined ? (
          <SkeletonRows />
        ) : (
          <DataTable
            label="Apps"
            columns={columns(packages.items ?? [], chosen === "" && (names?.length ?? 0) > 1)}
            rows={found}
            rowKey={(app) => app.id}
            empty={
              apps.length === 0 ? (
                <Empty
                  title="No app is installed yet"
                  actions={
                    <>
                      {install}
                      <ButtonLink to="/apps/catalogue">Open the catalogue</ButtonLink>
                    </>
                  }
                >
                  Choose a package of the catalogue here, or run vdc deploy in a folder with a package or a
                  compose.yaml.
                </Empty>
              ) : (
                <NoneFits title="No app fits" clear={() => setSearch({}, { replace: true })} />
              )
            }
          />
        )}
      </section>
    </Page>
  );
}

function columns(packages: readonly Package[], withProject: boolean): readonly Column<App>[] {
  const packageOf = (app: App) =>
    packages.find((one) => one.name === app.spec.package && one.project === app.project);
  return [
    {
      header: "App",
      sortBy: (app) => app.name,
      cell: (app) => <AppName app={app} of={packageOf(app)} />,
    },
    {
      header: "State",
      sortBy: (app) => appState(app).text,
      cell: (app) => <AppPhase app={app} />,
    },
    ...(withProject
      ? [
          {
            header: "Project",
            sortBy: (app: App) => app.project ?? "",
            cell: (app: App) => app.project,
            className: "text-dim",
          },
        ]
      : []),
    {
      header: "Release",
      optional: true,
      cell: (app) => {
        const version = packageOf(app)?.spec.manifest.version;
        return (
          <span className="tabular">
            {app.status.wantedRelease ?? "–"}
            {version !== undefined && <span className="text-faint">{` · ${version}`}</span>}
          </span>
        );
      },
    },
    {
      header: "Ready",
      align: "end",
      sortBy: (app) => instanceCounts(app).ready,
      cell: (app) => {
        const { ready, wanted } = instanceCounts(app);
        return `${ready} of ${wanted}`;
      },
    },
    { header: "Address", cell: (app) => <AppUrl app={app} /> },
  ];
}

function AppName(props: { readonly app: App; readonly of: Package | undefined }) {
  const { app, of } = props;
  const title = app.spec.title || inReadersLanguage(of?.spec.manifest.name);
  return (
    <span className="flex min-w-0 items-center gap-3">
      <PackageIcon of={of} name={app.name} />
      <span className="min-w-0">
        <Link
          to={`/apps/${app.project ?? ""}/${app.name}`}
          className="font-medium text-ink hover:underline hover:underline-offset-3 max-sm:inline-flex max-sm:min-h-8 max-sm:items-center"
        >
          {app.name}
        </Link>
        {title !== "" && <span className="block truncate text-xs text-dim">{title}</span>}
      </span>
    </span>
  );
}

function AppPhase(props: { readonly app: App }) {
  const { tone, text, reason } = appState(props.app);
  return (
    <span className="block min-w-0">
      <State tone={tone}>{text}</State>
      {reason !== undefined && tone !== "good" && (
        <span className="block max-w-[40ch] truncate text-xs text-dim" title={reason}>
          {reason}
        </span>
      )}
    </span>
  );
}

function fits(app: App, text: string): boolean {
  const hay = `${app.name} ${app.spec.title} ${app.spec.package}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
