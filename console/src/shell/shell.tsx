import { Suspense, useState } from "react";
import { Outlet, ScrollRestoration, useLocation } from "react-router";
import { useMe } from "#console/data/session.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { Toasts } from "#console/kit/toast.tsx";
import { ConnectionBanner } from "#console/shell/connection-banner.tsx";
import { IncidentBanner } from "#console/shell/incident-banner.tsx";
import { BottomBar, Sidebar } from "#console/shell/navigation-bars.tsx";
import { OperationsDrawer } from "#console/shell/operations-drawer.tsx";
import { Overlays } from "#console/shell/overlays.tsx";
import { PageBoundary } from "#console/shell/page-boundary.tsx";
import { SessionDialog } from "#console/shell/session-dialog.tsx";
import { TopBar } from "#console/shell/top-bar.tsx";
import { useShortcuts } from "#console/shell/use-shortcuts.ts";

/** The frame around every page of those who are signed in. */
export function Shell() {
  const me = useMe();
  const location = useLocation();
  useShortcuts(me);
  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[14rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-md bg-accent px-3 py-2 text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <Sidebar me={me} />
      <div className="flex min-h-dvh min-w-0 flex-col">
        <TopBar me={me} />
        <ConnectionBanner />
        <IncidentBanner me={me} />
        <main
          id="content"
          tabIndex={-1}
          className="min-w-0 grow px-6 py-6 pb-28 outline-none max-sm:px-4 max-sm:py-5 md:pb-12"
        >
          <PageBoundary key={location.pathname}>
            <Suspense fallback={<SkeletonPage />}>
              <Outlet />
            </Suspense>
          </PageBoundary>
        </main>
      </div>
      <BottomBar me={me} />
      <OperationsDrawer />
      <Overlays me={me} />
      <SessionDialog me={me} />
      <Toasts />
      <ScrollRestoration />
      <RouteAnnouncer path={location.pathname} />
    </div>
  );
}

/** Tells screen readers that another page is shown; sighted people see it. */
function RouteAnnouncer(props: { readonly path: string }) {
  const [first] = useState(props.path);
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {props.path === first ? "" : pageName(props.path)}
    </div>
  );
}

function pageName(path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.length === 0 ? "Overview" : parts.map(decodeURIComponent).join(", ");
}
