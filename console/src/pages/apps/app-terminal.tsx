import { TerminalTab } from "#console/pages/app-live/terminal-tab.tsx";
import { useShownApp } from "#console/pages/apps/shown-app.ts";

export function AppTerminal() {
  const { app, project } = useShownApp();
  return <TerminalTab project={project} app={app.name} />;
}
