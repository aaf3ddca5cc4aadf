import { Tabs } from "#console/kit/tabs.tsx";

export function BurstTabs() {
  return (
    <Tabs
      label="Burst"
      items={[
        { to: "/burst", label: "Cluster", end: true },
        { to: "/burst/jobs", label: "Jobs" },
        { to: "/burst/plans", label: "Plans" },
      ]}
    />
  );
}
