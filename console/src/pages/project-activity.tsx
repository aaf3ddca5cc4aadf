import { useEvents } from "#console/data/queries.ts";
import { EventsPanel } from "#console/pages/events-panel.tsx";
import { useShownProject } from "#console/pages/project.tsx";

export function ProjectActivity() {
  const project = useShownProject();
  return <EventsPanel query={useEvents(project.name)} title="What happened in this project" />;
}
