import { LogsTab } from "#console/pages/app-live/logs-tab.tsx";
import { useShownApp } from "#console/pages/apps/shown-app.ts";

export function AppLogs() {
  const { app, project } = useShownApp();
  return <LogsTab project={project} app={app.name} />;
}
