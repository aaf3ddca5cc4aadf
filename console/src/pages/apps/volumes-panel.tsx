import { useVolumes, type App } from "#console/data/app-queries.ts";
import { Meter } from "#console/kit/meter.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { State } from "#console/kit/state.tsx";
import { formatBytes } from "#console/lib/format.ts";

/** Its data: directories that outlive every instance and every release. */
export function VolumesPanel(props: { readonly app: App }) {
  const { app } = props;
  const { items } = useVolumes(app.project ?? "");
  const own = items?.filter(({ status }) => status.usedBy?.includes(app.name) === true);
  if (own === undefined || own.length === 0) return null;
  return (
    <Panel title="Volumes" note={own.length}>
      <ul className="flex flex-col gap-4">
        {own.map((volume) => (
          <li key={volume.id} className="flex flex-col gap-1">
            <Meter
              label={volume.name}
              value={volume.status.usedBytes ?? 0}
              limit={volume.spec.sizeBytes}
              format={formatBytes}
            />
            {volume.status.phase !== "ready" && (
              <State tone="rest">{volume.status.reason ?? volume.status.phase ?? "pending"}</State>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
