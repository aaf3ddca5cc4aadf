import type { Receipt, Subscriber } from "#api/incidents.ts";
import type { SubscriptionSpec, SubscriptionStatus } from "#api/kinds/subscription.ts";
import type { Resource } from "#api/resource.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import type { ActContext, Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import { canonicalJson } from "#lib/json.ts";
import type { Random } from "#lib/random.ts";
import type { ResourceStore } from "#store/store.ts";
import type { SecretsHere, StatusHere } from "./ports.ts";

export type Subscription = Resource<SubscriptionSpec, SubscriptionStatus>;

const maxSubscriptions = 10_000;
const everyMs = 30_000;
/** Standard Webhooks: 24 to 64 bytes. */
const secretBytes = 32;

export interface SubscriptionsObserved {
  readonly subscriptions: readonly Subscription[];
  /** By id of the subscription: the value that signs its webhook; absent: it has to be made. */
  readonly signing: ReadonlyMap<string, string>;
  readonly receipts: readonly Receipt[];
  /** By project. */
  readonly pages: ReadonlyMap<string, string>;
}

export type SubscriptionAction =
  | { readonly do: "make-secret"; readonly subscription: Subscription }
  | { readonly do: "tell"; readonly subscribers: readonly Subscriber[] }
  | { readonly do: "write-status"; readonly subscription: Subscription; readonly status: SubscriptionStatus };

export interface SubscriptionReconcilerOptions {
  readonly resources: ResourceStore;
  readonly status: StatusHere;
  /** Absent where control has no place to keep secrets. */
  readonly secrets: SecretsHere | undefined;
  readonly random: Random;
}

/** Tells the status process who is to be told. It keeps the list itself, so control is not needed when something happens. */
export function createSubscriptionReconciler(
  options: SubscriptionReconcilerOptions,
): Reconciler<SubscriptionsObserved, SubscriptionAction> {
  return {
    name: "subscription",
    watches: ["subscription", "secret"],
    everyMs,
    keysOf: () => ["all"],
    keys: async () => await Promise.resolve(["all"]),
    observe: async (_, signal) => await observe(options, signal),
    plan: planSubscriptions,
    act: async (action, context) => await act(action, options, context),
    describe: {
      observed: ({ subscriptions }) => `${subscriptions.length} subscriptions`,
      action: (action) => action.do,
    },
  };
}

/** The secret that signs a subscription's webhook: the one it names, or one of its own. */
export const secretNameOf = ({ name, spec }: Pick<Subscription, "name" | "spec">): string =>
  spec.webhook?.secret ?? `${name}-webhook`;

/** Pure. The list is told in every pass: the status process compares, and may have been made anew. */
export function planSubscriptions({
  subscriptions,
  signing,
  receipts,
  pages,
}: SubscriptionsObserved): readonly SubscriptionAction[] {
  const missing = subscriptions.filter(
    ({ id, spec }) => spec.webhook !== undefined && spec.webhook.secret === undefined && !signing.has(id),
  );
  const actions: SubscriptionAction[] = missing.map((subscription) => ({ do: "make-secret", subscription }));
  actions.push({
    do: "tell",
    subscribers: subscriptions.flatMap((one) => subscriberOf(one, signing.get(one.id))),
  });
  for (const subscription of subscriptions) {
    const status = statusOf(subscription, signing, receipts, pages);
    if (canonicalJson({ ...status }) !== canonicalJson({ ...subscription.status }))
      actions.push({ do: "write-status", subscription, status });
  }
  return actions;
}

function subscriberOf(
  { id, project = "", spec }: Subscription,
  secret: string | undefined,
): readonly Subscriber[] {
  const { buckets, minimumImpact, email, webhook } = spec;
  const common = { id, project, buckets, minimumImpact };
  if (email !== undefined) return [{ ...common, channel: { type: "email", to: email } }];
  if (webhook === undefined || secret === undefined) return [];
  return [{ ...common, channel: { type: "webhook", url: webhook.url, secret } }];
}

function statusOf(
  { id, project = "", name, spec }: Subscription,
  signing: ReadonlyMap<string, string>,
  receipts: readonly Receipt[],
  pages: ReadonlyMap<string, string>,
): SubscriptionStatus {
  const own = receipts.filter(({ subscription }) => subscription === id);
  const sent = own.find(({ state }) => state === "sent");
  const [last] = own;
  const page = pages.get(project);
  const common = {
    ...(page === undefined ? {} : { page }),
    ...(sent === undefined ? {} : { lastSentAt: sent.at }),
  };
  if (spec.webhook !== undefined && !signing.has(id)) {
    const reason = `The secret ${secretNameOf({ name, spec })} that signs the messages has no value`;
    return { ...common, phase: "pending", reason };
  }
  const isRefused = last !== undefined && last.state !== "sent" && last.attempts > 0;
  if (isRefused)
    return { ...common, phase: "failing", ...(last.answer === undefined ? {} : { reason: last.answer }) };
  return { ...common, phase: "active" };
}

async function observe(
  { resources, status, secrets }: SubscriptionReconcilerOptions,
  signal: AbortSignal,
): Promise<SubscriptionsObserved> {
  const found = await Array.fromAsync(
    listAll(resources, { kind: "subscription" }, { max: maxSubscriptions, signal }),
  );
  const subscriptions = found as unknown as Subscription[]; // the store holds what the kind's schema let in
  const signing = new Map<string, string>();
  for (const subscription of subscriptions) {
    if (subscription.spec.webhook === undefined) continue;
    const value = await secrets?.read(subscription.project ?? "", secretNameOf(subscription));
    if (value !== undefined) signing.set(subscription.id, value.value);
  }
  const receipts = await status.receipts({});
  const pages = new Map<string, string>();
  for (const project of new Set(subscriptions.map((one) => one.project ?? "")))
    pages.set(project, await status.page(project));
  return { subscriptions, signing, receipts, pages };
}

async function act(
  action: SubscriptionAction,
  { resources, status, secrets, random }: SubscriptionReconcilerOptions,
  { by, fence }: ActContext,
): Promise<"again" | void> {
  if (action.do === "tell") return await status.setSubscribers(action.subscribers);
  const { subscription } = action;
  if (action.do === "write-status")
    return await writeStatus(resources, subscription, { ...action.status }, { by, fence });
  const value = `whsec_${Buffer.from(random.bytes(secretBytes)).toString("base64")}`;
  const description = `Signs the messages of subscription ${subscription.name} (Standard Webhooks)`;
  await secrets?.set(
    { project: subscription.project ?? "", name: secretNameOf(subscription), value, description },
    by,
  );
}
