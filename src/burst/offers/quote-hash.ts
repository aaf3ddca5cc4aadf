import { createHash } from "node:crypto";
import type { PlanSpec } from "#api/kinds/plan.ts";
import { canonicalJson, type Json } from "#lib/json.ts";
import type { OfferFigures } from "#store/burst-ledger-tables.ts";

/** Names the figures that somebody accepts. */
export function quoteHash(project: string, figures: Omit<OfferFigures, "quoteHash">): string {
  return hash([project, figures]);
}

/** Version of a price table: another one as soon as anything changes that a price follows from. */
export function priceVersion(plan: PlanSpec): string {
  const { title: _, description: __, ...table } = plan;
  return hash(table).slice(0, 16);
}

function hash(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
