import { useRoutes, type App, type AppRoute } from "#console/data/app-queries.ts";
import { Failure } from "#console/kit/failure.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { routeTones } from "#console/lib/app-view.ts";
import { formatBytes, formatDuration } from "#console/lib/format.ts";
import { UrlLink } from "#console/pages/apps/app-url.tsx";

/** The ways in: addresses, what they lead to, and how requests are treated on them. */
export function RoutesPanel(props: { readonly app: App }) {
  const { app } = props;
  const query = useRoutes(app.project ?? "");
  const routes = query.items?.filter(
    ({ owner, spec }) =>
      (owner?.kind === "app" && owner.name === app.name) ||
      spec.backends.some((backend) => backend.app === app.name),
  );
  return (
    <Panel title="Routes" {...(routes === undefined ? {} : { note: routes.length })} flush>
      {routes === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={2} />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : routes.length === 0 ? (
        <p className="p-4 text-dim">It has no routes: nothing reaches it from outside.</p>
      ) : (
        <ul className="divide-y divide-line">
          {routes.map((route) => (
            <li key={route.id} className="flex flex-col gap-2 px-4 py-3">
              <RouteRow route={route} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function RouteRow(props: { readonly route: AppRoute }) {
  const { name, spec, status } = props.route;
  const urls = status.urls ?? [];
  const phase = status.phase;
  return (
    <>
      <div className="flex items-baseline justify-between gap-4">
        <span className="min-w-0 font-medium">{name}</span>
        <State tone={phase === undefined ? "rest" : routeTones[phase]}>
          {phase === undefined ? "not yet served" : phase.replace("-", " ")}
        </State>
      </div>
      {status.reason !== undefined && <p className="text-dim">{status.reason}</p>}
      <ul className="flex flex-col gap-1">
        {urls.length > 0
          ? urls.map((url) => (
              <li key={url}>
                <UrlLink url={url} whole />
              </li>
            ))
          : spec.hosts.map((host) => <li key={host}>{host}</li>)}
      </ul>
      <p className="flex flex-wrap gap-1.5">
        <Tag>{spec.path.exact ?? `${spec.path.prefix ?? "/"}…`}</Tag>
        {spec.backends.map((backend) => (
          <Tag key={`${backend.app}/${backend.component}`}>
            {`${backend.app}/${backend.component}${spec.backends.length > 1 ? ` · ${backend.weight}` : ""}`}
          </Tag>
        ))}
        {policyWords(spec.policy).map((word) => (
          <Tag key={word}>{word}</Tag>
        ))}
      </p>
    </>
  );
}

/** What of the policy somebody would want to know; the YAML has all. */
function policyWords(policy: AppRoute["spec"]["policy"]): readonly string[] {
  return [
    policy.balance,
    `holds up to ${formatDuration(policy.hold.maxMs)}`,
    ...(policy.retry.attempts > 0 ? [`${policy.retry.attempts} safe retries`] : ["no retries"]),
    ...(policy.sticky === undefined ? [] : ["sticky"]),
    ...(policy.rateLimit === undefined ? [] : ["rate limit"]),
    ...(policy.maxBodyBytes === undefined ? [] : [`bodies to ${formatBytes(policy.maxBodyBytes)}`]),
    ...(policy.compression ? ["compression"] : []),
    ...(policy.redirectToTls ? ["redirect to https"] : []),
  ];
}
