import { Tabs } from "#console/kit/tabs.tsx";

export function IncidentsTabs() {
  return (
    <Tabs
      label="Incidents"
      items={[
        { to: "/incidents", label: "Incidents", end: true },
        { to: "/incidents/subscriptions", label: "Subscriptions" },
      ]}
    />
  );
}
