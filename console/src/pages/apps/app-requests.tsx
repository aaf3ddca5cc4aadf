import { LiveRequests } from "#console/pages/app-live/live-requests.tsx";
import { useShownApp } from "#console/pages/apps/shown-app.ts";

export function AppRequests() {
  const { app, project } = useShownApp();
  return <LiveRequests project={project} app={app.name} />;
}
