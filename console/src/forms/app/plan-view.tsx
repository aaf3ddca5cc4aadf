import type { AppPlan } from "#api/apps.ts";
import type { TypedSecret } from "#console/data/edit-app.ts";
import { Diff } from "#console/forms/review-changes.tsx";
import { StateMark } from "#console/kit/state.tsx";

const headlines = {
  install: "It will be installed",
  release: "It will get a new release",
  scale: "It will be scaled; no new release",
  settings: "It will be changed; no new release",
  nothing: "Nothing will change",
} as const satisfies Record<AppPlan["outcome"], string>;

/** What would happen, in sentences, before it does. */
export function PlanView(props: { readonly plan: AppPlan; readonly typed?: readonly TypedSecret[] }) {
  const { plan, typed = [] } = props;
  const isRelease = plan.outcome === "nothing" && typed.length > 0;
  const steps = [
    ...typed.map(({ setting, secret }) => `The value of ${setting} is stored as secret ${secret}.`),
    ...(isRelease ? ["A release with it replaces the one that serves."] : []),
    ...plan.steps,
  ];
  return (
    <div className="flex flex-col gap-4">
      <p className="font-medium text-ink">
        {isRelease ? headlines.release : headlines[plan.outcome]}
        {plan.release !== undefined && <span className="text-dim">{` · release ${plan.release}`}</span>}
      </p>
      {plan.problems.length > 0 && (
        <ul
          aria-label="Why it cannot be done"
          className="flex flex-col gap-1 rounded-md bg-bad-soft px-3 py-2"
        >
          {plan.problems.map((problem) => (
            <li key={`${problem.path} ${problem.message}`} className="text-ink">
              <code className="mr-2 text-xs text-dim">{problem.path}</code>
              {problem.message}
            </li>
          ))}
        </ul>
      )}
      {plan.warnings.length > 0 && (
        <ul
          aria-label="To know before"
          className="flex flex-col gap-1 rounded-md bg-warn-soft px-3 py-2 text-ink"
        >
          {plan.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      {steps.length > 0 && (
        <ol aria-label="Steps" className="flex flex-col gap-1.5">
          {steps.map((step) => (
            <li key={step} className="flex gap-3">
              <span className="flex h-5 items-center">
                <StateMark tone="rest" />
              </span>
              <span className="min-w-0">{step}</span>
            </li>
          ))}
        </ol>
      )}
      {plan.difference.length > 0 && <Diff diff={plan.difference} />}
    </div>
  );
}
