import { useState } from "react";
import { browserClock } from "#console/lib/clock.ts";
import { BudgetPanel } from "#console/pages/burst/budget-panel.tsx";
import { LedgerPanel } from "#console/pages/burst/ledger-panel.tsx";
import { OffersPanel } from "#console/pages/burst/offers-panel.tsx";
import { useShownProject } from "#console/pages/project.tsx";

/** What a project spends beyond its plan: budget, offers, and every transfer. */
export function ProjectBurst() {
  const { name } = useShownProject();
  const [month, setMonth] = useState(() => new Date(browserClock.now()).toISOString().slice(0, 7));
  return (
    <div className="flex flex-col gap-6">
      <BudgetPanel project={name} month={month} onMonth={setMonth} />
      <OffersPanel project={name} />
      <LedgerPanel project={name} />
    </div>
  );
}
