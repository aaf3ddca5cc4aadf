import { Tabs } from "#console/kit/tabs.tsx";

export function BucketsTabs() {
  return (
    <Tabs
      label="Objects"
      items={[
        { to: "/buckets", label: "Buckets", end: true },
        { to: "/buckets/keys", label: "Keys" },
      ]}
    />
  );
}
