import { useState } from "react";
import { api } from "#console/data/api.ts";
import { useReleases, type App, type Release } from "#console/data/app-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { Diff } from "#console/forms/review-changes.tsx";
import { Button } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { releaseTones } from "#console/lib/app-view.ts";
import { countOf, formatDuration } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";
import { useShownApp } from "#console/pages/apps/shown-app.ts";

/** Every release that is kept, newest first: what changed, who asked for it, what became of it. */
export function AppReleases() {
  const { app, project, mayChange } = useShownApp();
  const query = useReleases(project);
  const [backTo, setBackTo] = useState<Release>();
  const releases = query.items
    ?.filter(({ spec }) => spec.app === app.name)
    .toSorted((a, b) => b.spec.number - a.spec.number);
  return (
    <Panel title="Releases" {...(releases === undefined ? {} : { note: releases.length })} flush>
      {releases === undefined ? (
        query.error === null ? (
          <SkeletonRows />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : releases.length === 0 ? (
        <Empty title="No release yet">The first one is made as soon as the app can be installed.</Empty>
      ) : (
        <ol aria-label="Releases" className="divide-y divide-line">
          {releases.map((release) => (
            <li key={release.id}>
              <ReleaseRow
                app={app}
                release={release}
                isNewest={release === releases[0]}
                onBack={mayChange ? () => setBackTo(release) : undefined}
              />
            </li>
          ))}
        </ol>
      )}
      {backTo !== undefined && <RollBack app={app} to={backTo} onClose={() => setBackTo(undefined)} />}
    </Panel>
  );
}

function ReleaseRow(props: {
  readonly app: App;
  readonly release: Release;
  readonly isNewest: boolean;
  readonly onBack: (() => void) | undefined;
}) {
  const { app, release } = props;
  const { spec, status } = release;
  const phase = status.phase ?? "pending";
  const serves = app.status.servingReleases?.includes(spec.number) === true;
  return (
    <article aria-label={`Release ${spec.number}`} className="flex flex-col gap-2 px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-1">
          <h3 className="font-semibold tabular">{`Release ${spec.number}`}</h3>
          <State tone={releaseTones[phase]}>{phase.replace("-", " ")}</State>
          {serves && phase !== "serving" && <Tag tone="good">gets requests now</Tag>}
          {spec.rollbackOf !== undefined && <Tag>{`back to release ${spec.rollbackOf}`}</Tag>}
        </div>
        {props.onBack !== undefined && !(props.isNewest && phase === "serving") && (
          <Button onClick={props.onBack}>{`Roll back to release ${spec.number}`}</Button>
        )}
      </div>
      <p className="text-xs text-faint tabular">
        {`${spec.package} ${spec.version} · by ${spec.by} · `}
        <Ago at={release.createdAt} />
        {took(release)}
      </p>
      {status.reason !== undefined && <p className="text-ink">{status.reason}</p>}
      {spec.difference.length > 0 && (
        <details className="group">
          <summary className="link w-fit cursor-pointer list-none max-sm:flex max-sm:min-h-10 max-sm:items-center">
            {countOf(spec.difference.length, "change")}
          </summary>
          <div className="mt-2">
            <Diff diff={spec.difference} />
          </div>
        </details>
      )}
    </article>
  );
}

function took({ status }: Release): string {
  const { startedAt, finishedAt } = status;
  if (startedAt === undefined || finishedAt === undefined) return "";
  return ` · took ${formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
}

function RollBack(props: { readonly app: App; readonly to: Release; readonly onClose: () => void }) {
  const { app, to } = props;
  const { number, version } = to.spec;
  const rollBack = useAction(async () => {
    await api.call(api.routes["app.rollback"], {
      params: { project: app.project ?? "", name: app.name },
      body: { to: number },
    });
    props.onClose();
    say(`${app.name} goes back to release ${number}`);
  });
  return (
    <FormDialog
      title={`Roll back to release ${number}?`}
      description={`A new release with its package (${version}), settings and overrides takes the place of the one that serves. Data in volumes stays as it is.`}
      error={rollBack.error}
      busy={rollBack.busy}
      submit={{ label: "Roll back" }}
      onSubmit={(event) => {
        event.preventDefault();
        rollBack.run();
      }}
      onClose={props.onClose}
    >
      {null}
    </FormDialog>
  );
}
