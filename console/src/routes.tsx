import type { ComponentType } from "react";
import { Navigate, Outlet, createBrowserRouter, type RouteObject } from "react-router";
import { SessionGate } from "#console/data/session.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Glyph } from "#console/kit/glyph.tsx";
import { NotFound } from "#console/pages/not-found.tsx";
import { Overview } from "#console/pages/overview.tsx";
import { SignIn } from "#console/pages/sign-in.tsx";
import { Shell } from "#console/shell/shell.tsx";

/** A page that is loaded when it is first visited. */
function page(path: string, load: () => Promise<ComponentType>, children?: RouteObject[]): RouteObject {
  return {
    path,
    lazy: async () => ({ Component: await load() }),
    ...(children === undefined ? {} : { children }),
  };
}

function index(load: () => Promise<ComponentType>): RouteObject {
  return { index: true, lazy: async () => ({ Component: await load() }) };
}

const project = [
  index(async () => (await import("#console/pages/project-overview.tsx")).ProjectOverview),
  page("members", async () => (await import("#console/pages/project-members.tsx")).ProjectMembers),
  page("settings", async () => (await import("#console/pages/project-settings.tsx")).ProjectSettings),
  page("burst", async () => (await import("#console/pages/burst/project-burst.tsx")).ProjectBurst),
  page("activity", async () => (await import("#console/pages/project-activity.tsx")).ProjectActivity),
  page("yaml", async () => (await import("#console/pages/project-yaml.tsx")).ProjectYaml),
];

const app = [
  index(async () => (await import("#console/pages/apps/app-overview.tsx")).AppOverview),
  page("releases", async () => (await import("#console/pages/apps/app-releases.tsx")).AppReleases),
  page("settings", async () => (await import("#console/pages/apps/app-settings.tsx")).AppSettings),
  page("logs", async () => (await import("#console/pages/apps/app-logs.tsx")).AppLogs),
  page("requests", async () => (await import("#console/pages/apps/app-requests.tsx")).AppRequests),
  page("terminal", async () => (await import("#console/pages/apps/app-terminal.tsx")).AppTerminal),
  page("yaml", async () => (await import("#console/pages/apps/app-yaml.tsx")).AppYaml),
];

const bucket = [
  index(async () => (await import("#console/pages/buckets/bucket-objects.tsx")).BucketObjects),
  page("versions", async () => (await import("#console/pages/buckets/bucket-versions.tsx")).BucketVersions),
  page("settings", async () => (await import("#console/pages/buckets/bucket-settings.tsx")).BucketSettings),
  page("keys", async () => (await import("#console/pages/buckets/bucket-keys.tsx")).BucketKeys),
];

/** Every address of the console. What is shown, and to whom, is the page's and the server's decision. */
export const router = createBrowserRouter([
  {
    ErrorBoundary: Broken,
    HydrateFallback: Starting,
    children: [
      { path: "/signin", Component: SignIn },
      {
        Component: Gate,
        children: [
          page("/authorize", async () => (await import("#console/pages/authorize.tsx")).Authorize),
          {
            Component: Shell,
            children: [
              { path: "/", Component: Overview },
              page("/apps", async () => (await import("#console/pages/apps/apps.tsx")).Apps),
              page(
                "/apps/catalogue",
                async () => (await import("#console/pages/apps/catalogue.tsx")).Catalogue,
              ),
              page("/apps/install", async () => (await import("#console/pages/apps/install.tsx")).Install),
              page(
                "/apps/:project/:app",
                async () => (await import("#console/pages/apps/app.tsx")).AppPage,
                app,
              ),
              page("/buckets", async () => (await import("#console/pages/buckets/buckets.tsx")).Buckets),
              page("/buckets/keys", async () => (await import("#console/pages/buckets/keys.tsx")).Keys),
              page(
                "/buckets/:project/:bucket",
                async () => (await import("#console/pages/buckets/bucket.tsx")).BucketPage,
                bucket,
              ),
              page("/drives", async () => (await import("#console/pages/storage/drives.tsx")).Drives),
              page("/burst", async () => (await import("#console/pages/burst/cluster.tsx")).ClusterPage),
              page("/burst/jobs", async () => (await import("#console/pages/burst/jobs.tsx")).Jobs),
              page(
                "/burst/jobs/:project/:job",
                async () => (await import("#console/pages/burst/job.tsx")).JobPage,
              ),
              page("/burst/plans", async () => (await import("#console/pages/burst/plans.tsx")).Plans),
              page(
                "/incidents",
                async () => (await import("#console/pages/incidents/incidents.tsx")).Incidents,
              ),
              page(
                "/incidents/subscriptions",
                async () => (await import("#console/pages/incidents/subscriptions.tsx")).Subscriptions,
              ),
              page("/projects", async () => (await import("#console/pages/projects.tsx")).Projects),
              page(
                "/projects/:name",
                async () => (await import("#console/pages/project.tsx")).ProjectPage,
                project,
              ),
              page("/machines", async () => (await import("#console/pages/machines.tsx")).Machines),
              page("/machines/:name", async () => (await import("#console/pages/machine.tsx")).MachinePage),
              page("/events", async () => (await import("#console/pages/events.tsx")).Events),
              page("/operations", async () => (await import("#console/pages/operations.tsx")).Operations),
              page(
                "/operations/:id",
                async () => (await import("#console/pages/operation.tsx")).OperationPage,
              ),
              page("/audit", async () => (await import("#console/pages/audit.tsx")).Audit),
              page("/users", async () => (await import("#console/pages/users.tsx")).Users),
              page("/tokens", async () => (await import("#console/pages/tokens.tsx")).Tokens),
              page("/account", async () => (await import("#console/pages/account.tsx")).Account),
              { path: "/overview", element: <Navigate to="/" replace /> },
              { path: "*", Component: NotFound },
            ],
          },
        ],
      },
    ],
  },
]);

function Gate() {
  return (
    <SessionGate loading={<Starting />} Failed={Alone}>
      <Outlet />
    </SessionGate>
  );
}

function Starting() {
  return (
    <main role="status" aria-label="Loading" className="grid min-h-dvh place-items-center">
      <Glyph className="size-8 animate-pulse text-accent motion-reduce:animate-none" />
    </main>
  );
}

function Alone(props: { readonly error: unknown }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-lg flex-col justify-center gap-4 p-4">
      <h1 className="sr-only">VDC cannot be shown</h1>
      <Failure error={props.error} onRetry={() => window.location.reload()} />
    </main>
  );
}

/** A page's code could not be loaded, most often because a newer console was installed: loading anew gets it. */
function Broken() {
  return <Alone error={new Error("A part of the console could not be loaded.")} />;
}
