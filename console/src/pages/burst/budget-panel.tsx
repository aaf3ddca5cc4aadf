import { Download } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import type { Balance } from "#api/burst.ts";
import { exportUrl, useBalance } from "#console/data/burst-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { SetBudget } from "#console/forms/burst/set-budget.tsx";
import { Button } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { SelectField } from "#console/kit/field.tsx";
import { Menu, MenuItem } from "#console/kit/menu.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { shortMoney } from "#console/lib/burst-text.ts";
import { shareOf } from "#console/lib/burst-view.ts";
import { browserClock } from "#console/lib/clock.ts";
import { formatPercent } from "#console/lib/format.ts";
import { Money } from "#console/pages/burst/money.tsx";

/** What a month cost, what is reserved, and how far that is from the budget. */
export function BudgetPanel(props: {
  readonly project: string;
  readonly month: string;
  readonly onMonth: (month: string) => void;
}) {
  const { project, month } = props;
  const mayChange = may(useMe(), "budget.change", project);
  const [setting, setSetting] = useState(false);
  const balance = useBalance(project, month);
  return (
    <Panel
      title="Budget"
      actions={
        <>
          <div className="w-40">
            <SelectField
              label="Month"
              hideLabel
              value={month}
              onChange={(event) => props.onMonth(event.target.value)}
            >
              {lastMonths().map((one) => (
                <option key={one} value={one}>
                  {monthWords(one)}
                </option>
              ))}
            </SelectField>
          </div>
          <ExportMenu project={project} month={month} />
          {mayChange && (
            <Button disabled={balance.data === undefined} onClick={() => setSetting(true)}>
              Set budget…
            </Button>
          )}
        </>
      }
    >
      {balance.data === undefined ? (
        balance.error === null ? (
          <SkeletonRows rows={2} />
        ) : (
          <Failure error={balance.error} onRetry={() => void balance.refetch()} />
        )
      ) : (
        <Shown balance={balance.data} />
      )}
      {setting && balance.data !== undefined && (
        <SetBudget balance={balance.data} onClose={() => setSetting(false)} />
      )}
    </Panel>
  );
}

function Shown({ balance }: { readonly balance: Balance }) {
  const { currency, posted, held, budget, plan } = balance;
  return (
    <div className="flex flex-col gap-5">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-4">
        <Fact name="Spent" note={monthWords(balance.month)}>
          <Money amount={posted} currency={currency} />
        </Fact>
        <Fact name="Reserved" note="by accepted offers">
          <Money amount={held} currency={currency} />
        </Fact>
        <Fact name="Budget" note="for a month">
          {budget === undefined ? "none" : <Money amount={budget} currency={currency} />}
        </Fact>
        <Fact name="Plan" note="what jobs have for nothing">
          <Link to="/burst/plans" className="link">
            {plan}
          </Link>
        </Fact>
      </dl>
      {budget === undefined ? (
        <p className="text-dim">
          Without a budget nothing beyond the plan is bought: jobs run within it, free and slow.
        </p>
      ) : (
        <BudgetMeter balance={balance} budget={budget} />
      )}
    </div>
  );
}

function Fact(props: { readonly name: string; readonly note: string; readonly children: React.ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <dt className="text-xs text-dim">{props.name}</dt>
      <dd className="text-lg font-medium tracking-tight text-ink tabular">{props.children}</dd>
      <dd className="text-xs text-faint">{props.note}</dd>
    </div>
  );
}

/** Spent, then reserved (hatched), of the budget; marks are where an event tells. */
function BudgetMeter(props: { readonly balance: Balance; readonly budget: string }) {
  const { posted, held, alertsAt, currency } = props.balance;
  const spent = Math.min(100, shareOf(posted, props.budget));
  const all = Math.min(100, shareOf((BigInt(posted) + BigInt(held)).toString(), props.budget));
  const passed = alertsAt.filter((at) => spent >= at).length;
  const tone = spent >= 100 ? "bg-bad" : passed > 1 ? "bg-warn" : "bg-accent";
  const free = BigInt(props.budget) - BigInt(posted) - BigInt(held);
  return (
    <div className="flex flex-col gap-1.5">
      <div
        role="meter"
        aria-label="Budget used"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(spent)}
        aria-valuetext={`${formatPercent(spent)} spent, ${formatPercent(all - spent)} reserved`}
        className="relative h-3 overflow-hidden rounded-sm bg-sunken"
      >
        <span className={`meter-fill absolute inset-y-0 left-0 ${tone}`} style={{ width: `${spent}%` }} />
        <span
          className="headroom absolute inset-y-0"
          style={{ left: `${spent}%`, width: `${all - spent}%` }}
        />
        {alertsAt
          .filter((at) => at < 100)
          .map((at) => (
            <span key={at} className="absolute inset-y-0 w-px bg-line-strong" style={{ left: `${at}%` }} />
          ))}
      </div>
      <p className="flex flex-wrap justify-between gap-x-4 text-xs text-dim tabular">
        <span>
          {formatPercent(spent)} spent
          {all > spent && `, ${formatPercent(all - spent)} reserved`} ·{" "}
          {free > 0n ? `${shortMoney(free, currency)} free` : "nothing is free"}
        </span>
        <span>
          {alertsAt.length === 0 ? "no events" : `events at ${alertsAt.map((at) => `${at} %`).join(", ")}`}
        </span>
      </p>
    </div>
  );
}

function ExportMenu(props: { readonly project: string; readonly month: string }) {
  const save = (form: "focus" | "cloudevents", ending: string) => {
    const link = document.createElement("a");
    link.href = exportUrl(props.project, props.month, form);
    link.download = `${props.project}-${props.month}.${ending}`;
    link.click();
  };
  return (
    <Menu
      trigger={
        <Button>
          <Download size={15} aria-hidden="true" />
          Export
        </Button>
      }
    >
      <MenuItem onClick={() => save("focus", "csv")}>FOCUS, as CSV</MenuItem>
      <MenuItem onClick={() => save("cloudevents", "jsonl")}>CloudEvents, a line each</MenuItem>
    </Menu>
  );
}

const months = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const monthsShown = 12;

function monthWords(month: string): string {
  return months.format(Date.parse(`${month}-01T00:00:00Z`));
}

/** This month and those before it, newest first. */
function lastMonths(): readonly string[] {
  const now = new Date(browserClock.now());
  return Array.from({ length: monthsShown }, (_, ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago, 1)).toISOString().slice(0, 7),
  );
}
