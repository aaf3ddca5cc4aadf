import { useSearchParams } from "react-router";
import type { Event } from "#api/records.ts";
import { useEvents, useProjects } from "#console/data/queries.ts";
import { SelectField, TextField } from "#console/kit/field.tsx";
import { Page } from "#console/kit/page.tsx";
import { EventsPanel } from "#console/pages/events-panel.tsx";

export function Events() {
  const [search, setSearch] = useSearchParams();
  const { projects } = useProjects();
  const project = search.get("project") ?? "";
  const severity = search.get("severity") ?? "";
  const text = (search.get("q") ?? "").toLowerCase();
  const query = useEvents(project);
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value === "") before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const filtered = severity !== "" || text !== "";
  return (
    <Page title="Events" subtitle="Facts in the order in which they happened. New ones appear by themselves.">
      <EventsPanel
        query={query}
        title="Events"
        {...(filtered ? { keep: (event: Event) => fits(event, severity, text) } : {})}
        onClearFilters={() => setSearch({}, { replace: true })}
        filters={
          <>
            <TextField
              label="Search"
              hideLabel
              type="search"
              placeholder="Search"
              value={search.get("q") ?? ""}
              onChange={(event) => set("q", event.target.value)}
            />
            <SelectField
              label="Severity"
              hideLabel
              value={severity}
              onChange={(event) => set("severity", event.target.value)}
            >
              <option value="">All severities</option>
              <option value="info">Info</option>
              <option value="warning">Warning and error</option>
              <option value="error">Error</option>
            </SelectField>
            <SelectField
              label="Project"
              className="max-w-52"
              hideLabel
              value={project}
              onChange={(event) => set("project", event.target.value)}
            >
              <option value="">All projects</option>
              {projects?.map((item) => (
                <option key={item.id} value={item.name}>
                  {item.name}
                </option>
              ))}
            </SelectField>
          </>
        }
      />
    </Page>
  );
}

function fits(event: Event, severity: string, text: string): boolean {
  const severe =
    severity === "" || event.severity === severity || (severity === "warning" && event.severity === "error");
  return severe && `${event.message} ${event.type} ${event.actor?.name ?? ""}`.toLowerCase().includes(text);
}
