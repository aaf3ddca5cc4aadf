import { Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { samplePlanName } from "#api/kinds/plan.ts";
import { deletePlan, usePlans, type Plan } from "#console/data/burst-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useProjects } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { PlanDialog } from "#console/forms/burst/plan-dialog.tsx";
import { Button } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { Tag } from "#console/kit/state.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatCores, shortMoney } from "#console/lib/burst-text.ts";
import { formatBytes } from "#console/lib/format.ts";
import { perHour } from "#console/lib/plan-form.ts";
import { useAction } from "#console/lib/use-action.ts";
import { BurstTabs } from "#console/pages/burst/burst-tabs.tsx";

type Asked = { readonly what: "create" } | { readonly what: "edit" | "delete"; readonly plan: Plan };

/** What projects have for nothing, what more costs, and who has which plan. */
export function Plans() {
  const mayChange = may(useMe(), "plan.change");
  const { plans, error, refetch } = usePlans();
  const { projects } = useProjects();
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  if (plans === undefined && error === null) return <SkeletonPage />;
  const create = mayChange && (
    <Button look="primary" onClick={() => setAsked({ what: "create" })}>
      <Plus size={15} aria-hidden="true" />
      Create plan
    </Button>
  );
  return (
    <Page title="Burst" subtitle="What jobs have for nothing, and what more of it costs." actions={create}>
      <BurstTabs />
      {plans === undefined ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : plans.length === 0 ? (
        <section className="rounded-lg border border-line bg-surface">
          <Empty title="There is no plan" actions={create}>
            Without one nothing can be offered: projects that name none have the plan {samplePlanName}.
          </Empty>
        </section>
      ) : (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-4">
          {plans.map((plan) => (
            <li key={plan.id} className="min-w-0">
              <PlanCard
                plan={plan}
                users={(projects ?? [])
                  .filter(({ spec }) => (spec.plan ?? samplePlanName) === plan.name)
                  .map(({ name }) => name)}
                mayChange={mayChange}
                onAsk={(what) => setAsked({ what, plan })}
              />
            </li>
          ))}
        </ul>
      )}
      {asked?.what === "create" && <PlanDialog plan={undefined} onClose={close} />}
      {asked?.what === "edit" && <PlanDialog plan={asked.plan} onClose={close} />}
      {asked?.what === "delete" && <DeletePlan name={asked.plan.name} onClose={close} />}
    </Page>
  );
}

/** Projects that are named; more are counted. */
const usersShown = 6;

function PlanCard(props: {
  readonly plan: Plan;
  readonly users: readonly string[];
  readonly mayChange: boolean;
  readonly onAsk: (what: "edit" | "delete") => void;
}) {
  const { plan, users } = props;
  const { name, spec } = plan;
  const heading = `plan-${name}`;
  const rest = users.length - usersShown;
  return (
    <article
      aria-labelledby={heading}
      className="flex h-full flex-col gap-4 rounded-lg border border-line bg-surface p-4"
    >
      <header className="flex items-baseline justify-between gap-3">
        <h2 id={heading} className="min-w-0 truncate font-semibold text-ink">
          {spec.title === "" ? name : spec.title}
        </h2>
        <code className="truncate text-xs text-faint">{name}</code>
      </header>
      {spec.description !== "" && <p className="text-dim">{spec.description}</p>}
      <div>
        <p className="text-xl font-semibold tracking-tight text-ink tabular">
          {formatCores(spec.includedCores)}, {formatBytes(spec.includedMemoryBytes)}
        </p>
        <p className="text-xs text-faint">included, for nothing</p>
      </div>
      <dl className="flex flex-col gap-1.5">
        <Price name="One core for an hour" price={spec.pricePerCoreSecond} currency={spec.currency} />
        <Price name="One GiB for an hour" price={spec.pricePerGibSecond} currency={spec.currency} />
        <div className="flex items-baseline justify-between gap-3">
          <dt className="text-dim">Tasks at once with burst</dt>
          <dd className="text-ink tabular">
            {spec.maxBurstSlots === 0 ? "no burst" : `up to ${spec.maxBurstSlots}`}
          </dd>
        </div>
      </dl>
      <footer className="mt-auto flex flex-wrap items-center justify-between gap-3 border-t border-line pt-3">
        <span className="flex min-w-0 flex-wrap gap-1">
          {users.length === 0 && <span className="text-xs text-faint">No project has it.</span>}
          {users.slice(0, usersShown).map((user) => (
            <Tag key={user}>
              <Link to={`/projects/${user}/burst`}>{user}</Link>
            </Tag>
          ))}
          {rest > 0 && <span className="text-xs text-faint">+{rest}</span>}
        </span>
        {props.mayChange && (
          <span className="inline-flex gap-1">
            <Button look="quiet" onClick={() => props.onAsk("edit")}>
              Edit<span className="sr-only"> {name}</span>
            </Button>
            {name !== samplePlanName && users.length === 0 && (
              <Button look="quiet" onClick={() => props.onAsk("delete")}>
                Delete<span className="sr-only"> {name}</span>
              </Button>
            )}
          </span>
        )}
      </footer>
    </article>
  );
}

function Price(props: { readonly name: string; readonly price: string; readonly currency: string }) {
  const hour = perHour(props.price);
  return (
    <div className="flex items-baseline justify-between gap-3">
      <dt className="text-dim">{props.name}</dt>
      <dd className="text-ink tabular" title={`${props.price} ${props.currency} a second`}>
        {hour === undefined ? "–" : shortMoney(hour, props.currency)}
      </dd>
    </div>
  );
}

function DeletePlan(props: { readonly name: string; readonly onClose: () => void }) {
  const { name, onClose } = props;
  const remove = useAction(async () => {
    await deletePlan(name);
    say(`Plan ${name} is deleted`);
    onClose();
  });
  return (
    <ConfirmByName
      name={name}
      title={`Delete plan ${name}?`}
      description="No project has it. Offers that were made by it stay as they are."
      confirmLabel="Delete plan"
      cancelLabel="Keep it"
      error={remove.error}
      busy={remove.busy}
      onConfirm={remove.run}
      onClose={onClose}
    />
  );
}
