import type { Attribution } from "#api/actor.ts";
import type { Offer } from "#api/burst.ts";
import { VdcError } from "#api/errors.ts";
import type { PlanSpec } from "#api/kinds/plan.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { OfferFigures } from "#store/burst-ledger-tables.ts";
import { requirePlan, requireProject } from "../ledger/project-money.ts";
import { quoteOf, type Quote } from "../pricing/quote.ts";
import { offerView } from "./offer-view.ts";
import { priceVersion, quoteHash } from "./quote-hash.ts";
import type { MoneyOptions } from "./service.ts";

/** An offer stands so long. */
export const validMs = 10 * 60_000;

/** Prices a graph and keeps the offer. Nothing is reserved. */
export async function makeOffer(
  { store, ports, clock, random }: MoneyOptions,
  name: string,
  request: { readonly title: string; readonly app?: string | undefined; readonly graph: string },
  by: Attribution,
): Promise<Offer> {
  const project = await requireProject(store.rows.offers, name);
  const plan = requirePlan(project);
  if (plan.maxBurstSlots === 0)
    throw new VdcError("quota-exceeded", `The plan ${project.planName} has no burst.`);
  const graph = await ports.graph(name, request.graph);
  if (graph.tasks.length === 0) throw new VdcError("invalid", "The graph has no task.");
  const remembered = await ports.remembered(name, graph);
  const quote = quoteOf({ graph, plan, fleet: ports.fleet(name), remembered });
  if (quote === undefined)
    throw new VdcError("unavailable", "No worker is connected that jobs of this project may use.");
  const now = clock.now();
  const validUntil = isoTime(now + validMs);
  const figures = figuresOf({
    quote,
    remembered: remembered.size,
    plan,
    planName: project.planName,
    validUntil,
    request,
  });
  const offer = {
    id: newId("offer", clock, random),
    projectId: project.id,
    figures: { ...figures, quoteHash: quoteHash(project.id, figures) },
    bound: quote.price,
    validUntil,
  };
  const createdBy = by.actor.name;
  await store.transact(by, async ({ offers }) => await offers.insert({ ...offer, createdBy }));
  return offerView(name, { ...offer, state: "open" }, isoTime(now));
}

function figuresOf(made: {
  readonly quote: Quote;
  readonly remembered: number;
  readonly plan: PlanSpec;
  readonly planName: string;
  readonly validUntil: string;
  readonly request: { readonly title: string; readonly app?: string | undefined; readonly graph: string };
}): Omit<OfferFigures, "quoteHash"> {
  const { quote, remembered, plan, planName, validUntil, request } = made;
  const figures = {
    title: request.title,
    graph: request.graph,
    plan: planName,
    prices: priceVersion(plan),
    currency: plan.currency,
    included: { cores: plan.includedCores, memoryBytes: plan.includedMemoryBytes },
    needed: quote.needed,
    cost: quote.cost,
    within: { seconds: quote.within, price: "0" },
    burst: { seconds: quote.burst, price: quote.price.toString() },
    perMinute: quote.perMinute.toString(),
    remembered,
    expected: quote.expected.toString(),
    workers: quote.workers,
    lines: quote.lines.map((line) => ({ ...line, amount: line.amount.toString() })),
    credit: quote.credit.toString(),
    validUntil,
    terms: quote.terms,
  };
  return request.app === undefined ? figures : { ...figures, app: request.app };
}
