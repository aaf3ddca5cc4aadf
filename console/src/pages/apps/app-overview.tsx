import { Facts, Panel } from "#console/kit/panel.tsx";
import { Ago } from "#console/kit/time.tsx";
import { TrafficPanel } from "#console/pages/app-live/traffic-panel.tsx";
import { InstancesPanel } from "#console/pages/apps/instances-panel.tsx";
import { RolloutPanel } from "#console/pages/apps/rollout-panel.tsx";
import { RoutesPanel } from "#console/pages/apps/routes-panel.tsx";
import { useShownApp } from "#console/pages/apps/shown-app.ts";
import { VolumesPanel } from "#console/pages/apps/volumes-panel.tsx";

export function AppOverview() {
  const { app, of, project } = useShownApp();
  const { servingReleases, lastGoodRelease } = app.status;
  return (
    <div className="flex flex-col gap-6">
      <RolloutPanel app={app} />
      <InstancesPanel app={app} of={of} />
      <TrafficPanel project={project} app={app.name} />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <RoutesPanel app={app} />
        <div className="flex min-w-0 flex-col gap-6">
          <VolumesPanel app={app} />
          <Panel title="About">
            <Facts
              items={[
                { name: "Package", value: app.spec.package },
                {
                  name: "Serving",
                  value:
                    servingReleases === undefined || servingReleases.length === 0
                      ? "no release"
                      : `release ${servingReleases.join(" and ")}`,
                },
                {
                  name: "Last good",
                  value: lastGoodRelease === undefined ? "none yet" : `release ${lastGoodRelease}`,
                },
                { name: "Rollout", value: app.spec.rollout.strategy },
                { name: "Installed", value: <Ago at={app.createdAt} /> },
                { name: "Changed", value: <Ago at={app.updatedAt} /> },
              ]}
            />
          </Panel>
        </div>
      </div>
    </div>
  );
}
