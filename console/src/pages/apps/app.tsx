import { Outlet, useParams } from "react-router";
import { useApps, useInstances, usePackages, type App } from "#console/data/app-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { ButtonLink } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Tabs } from "#console/kit/tabs.tsx";
import { appState, instancesOf } from "#console/lib/app-view.ts";
import { countOf } from "#console/lib/format.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";
import { AppActions } from "#console/pages/apps/app-actions.tsx";
import { UrlLink } from "#console/pages/apps/app-url.tsx";
import type { ShownApp } from "#console/pages/apps/shown-app.ts";

const up = { to: "/apps", label: "Apps" };

export function AppPage() {
  const { project = "", app: name = "" } = useParams();
  const me = useMe();
  const apps = useApps(project);
  const packages = usePackages(project);
  const app = apps.items?.find((one) => one.name === name);
  if (apps.items === undefined)
    return apps.error === null ? (
      <SkeletonPage />
    ) : (
      <Page title={name} up={up}>
        <Failure error={apps.error} onRetry={() => void apps.refetch()} />
      </Page>
    );
  if (app === undefined)
    return (
      <Page title={name} up={up}>
        <Empty
          title={`There is no app ${name} in ${project}`}
          actions={<ButtonLink to="/apps">All apps</ButtonLink>}
        >
          It may have been removed. Its volumes are there until somebody deletes them, and its history is in
          the events.
        </Empty>
      </Page>
    );
  const of = packages.items?.find((one) => one.name === app.spec.package);
  const mayChange = may(me, "app.change", project) && app.deletingSince === undefined;
  const shown: ShownApp = { app, of, project, mayChange };
  const base = `/apps/${project}/${name}`;
  const manifest = of?.spec.manifest;
  const title = app.spec.title || inReadersLanguage(manifest?.name);
  return (
    <Page
      title={app.name}
      up={up}
      aside={<AppHead app={app} />}
      subtitle={[title, manifest?.version, project]
        .filter((part) => part !== undefined && part !== "")
        .join(" · ")}
      actions={mayChange && <AppActions shown={shown} packages={packages.items ?? []} />}
    >
      <Reason app={app} />
      <Tabs
        label={`App ${name}`}
        items={[
          { to: base, label: "Overview", end: true },
          { to: `${base}/releases`, label: "Releases" },
          { to: `${base}/settings`, label: "Settings" },
          { to: `${base}/requests`, label: "Requests" },
          { to: `${base}/logs`, label: "Logs" },
          ...(may(me, "app.change", project) ? [{ to: `${base}/terminal`, label: "Terminal" }] : []),
          { to: `${base}/yaml`, label: "YAML" },
        ]}
      />
      <Outlet context={shown} />
    </Page>
  );
}

/** State, crash loops and addresses: what somebody wants to know at once. */
function AppHead(props: { readonly app: App }) {
  const { app } = props;
  const { tone, text } = appState(app);
  const instances = useInstances(app.project ?? "");
  const looping = instancesOf(app, instances.items ?? []).filter(
    ({ status }) => status.phase === "crash-loop",
  ).length;
  const [url] = app.status.urls ?? [];
  return (
    <>
      <span role="status" aria-label="State of the app">
        <State tone={tone} className="text-dim">
          {text}
        </State>
      </span>
      {looping > 0 && <Tag tone="bad">{`${countOf(looping, "instance")} in a crash loop`}</Tag>}
      {url !== undefined && !app.spec.stopped && <UrlLink url={url} />}
    </>
  );
}

const reasonLooks = {
  bad: "bg-bad-soft",
  warn: "bg-warn-soft",
  busy: "bg-sunken",
  rest: "bg-sunken",
  good: "bg-sunken",
} as const;

function Reason(props: { readonly app: App }) {
  const { tone, reason } = appState(props.app);
  if (reason === undefined) return null;
  return <p className={`rounded-md px-3 py-2 text-ink ${reasonLooks[tone]}`}>{reason}</p>;
}
