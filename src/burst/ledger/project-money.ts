import { VdcError } from "#api/errors.ts";
import type { PlanSpec } from "#api/kinds/plan.ts";
import type { BurstOffers, ProjectMoney } from "#store/burst-ledger-offers.ts";

export async function requireProject(offers: BurstOffers, name: string): Promise<ProjectMoney> {
  const project = await offers.project(name);
  if (project === undefined) throw new VdcError("not-found", `There is no project ${name}.`);
  return project;
}

export function requirePlan({ name, planName, plan }: ProjectMoney): PlanSpec {
  if (plan !== undefined) return plan;
  throw new VdcError(
    "unavailable",
    `Project ${name} has the plan ${planName}, and there is none of that name. An owner makes it, or gives the project another.`,
  );
}
