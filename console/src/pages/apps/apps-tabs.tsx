import { Tabs } from "#console/kit/tabs.tsx";

export function AppsTabs() {
  return (
    <Tabs
      label="Apps"
      items={[
        { to: "/apps", label: "Installed", end: true },
        { to: "/apps/catalogue", label: "Catalogue" },
      ]}
    />
  );
}
