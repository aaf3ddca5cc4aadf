import { useReleases, type App } from "#console/data/app-queries.ts";
import { Progress } from "#console/kit/meter.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { State } from "#console/kit/state.tsx";

const moving: ReadonlySet<string> = new Set(["installing", "rolling-out", "rolling-back"]);
const hookTones = { running: "busy", done: "good", failed: "bad" } as const;

/** While one release takes another's place: how far it is, who gets the requests, and what it waits for. */
export function RolloutPanel(props: { readonly app: App }) {
  const { app } = props;
  const { phase, components = [], rolloutStep, wantedRelease } = app.status;
  const releases = useReleases(app.project ?? "");
  const isMixed = components.some((one) => one.releases.filter(({ total }) => total > 0).length > 1);
  if (!moving.has(phase ?? "installing") && !(phase === "paused" && isMixed)) return null;
  const newest = releases.items?.find(({ spec }) => spec.app === app.name && spec.number === wantedRelease);
  return (
    <Panel title="Rollout" {...(wantedRelease === undefined ? {} : { note: `release ${wantedRelease}` })}>
      <div className="flex flex-col gap-4">
        {rolloutStep !== undefined && <p role="status">{rolloutStep}</p>}
        {(newest?.status.hooks ?? []).map((hook) => (
          <State key={hook.name} tone={hookTones[hook.state]}>
            {`${hook.name} hook ${hook.state}${hook.detail === undefined ? "" : `: ${hook.detail}`}`}
          </State>
        ))}
        {components.map((component) => (
          <div key={component.name} className="flex flex-col gap-3">
            {components.length > 1 && <p className="font-medium">{component.name}</p>}
            {component.releases.map((one) => (
              <div key={one.release} className="flex flex-col gap-1.5">
                <p className="flex flex-wrap items-baseline justify-between gap-x-4 tabular">
                  <span>
                    {`Release ${one.release}`}
                    {one.release === wantedRelease && <span className="text-faint"> · new</span>}
                  </span>
                  <span className="text-dim">
                    {`${one.ready} of ${one.wanted} ready`}
                    {one.total > one.wanted && `, ${one.total} there`}
                    {one.sharePercent !== undefined && ` · ${one.sharePercent} % of the requests`}
                  </span>
                </p>
                <Progress
                  label={`Release ${one.release} of ${component.name}, ready`}
                  percent={one.wanted === 0 ? 0 : Math.min(100, Math.round((one.ready / one.wanted) * 100))}
                />
              </div>
            ))}
          </div>
        ))}
      </div>
    </Panel>
  );
}
