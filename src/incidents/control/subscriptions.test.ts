import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Receipt } from "#api/incidents.ts";
import { subscriptionSpecSchema } from "#api/kinds/subscription.ts";
import { planSubscriptions, type Subscription, type SubscriptionsObserved } from "./subscriptions.ts";

const subscription = (name: string, spec: object, status: Subscription["status"] = {}): Subscription => ({
  kind: "subscription",
  project: "shop",
  name,
  id: `id-${name}` as Subscription["id"], // ids are only compared here
  generation: 1,
  revision: 1,
  labels: {},
  spec: subscriptionSpecSchema.parse(spec),
  status,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
});
const observed = (change: Partial<SubscriptionsObserved>): SubscriptionsObserved => ({
  subscriptions: [],
  signing: new Map(),
  receipts: [],
  pages: new Map([["shop", "http://status/p/x/"]]),
  ...change,
});
const receipt = (state: Receipt["state"], answer: string): Receipt => ({
  subscription: "id-ops",
  project: "shop",
  channel: "email",
  incident: "i",
  update: 0,
  state,
  attempts: 1,
  at: "2026-01-02T00:00:00.000Z",
  answer,
});

describe("the plan of subscriptions", () => {
  it("makes a secret for a webhook that names none, and tells of it only when it can be signed", () => {
    const hook = subscription("hook", { webhook: { url: "https://shop.example/hook" } });
    const before = planSubscriptions(observed({ subscriptions: [hook] }));
    assert.deepEqual(
      before.map((action) => action.do),
      ["make-secret", "tell", "write-status"],
    );
    const signing = new Map([[hook.id, "whsec_eA=="]]);
    const [tell] = planSubscriptions(observed({ subscriptions: [hook], signing }));
    assert.ok(tell?.do === "tell");
    assert.deepEqual(tell.subscribers[0]?.channel, {
      type: "webhook",
      url: "https://shop.example/hook",
      secret: "whsec_eA==",
    });
  });

  it("says whether messages arrive, with what the other side said, and then rests", () => {
    const mail = subscription("ops", { email: "ops@shop.example" });
    const failing = planSubscriptions(
      observed({
        subscriptions: [mail],
        receipts: [receipt("due", "refused with 550"), receipt("sent", "ok")],
      }),
    );
    const written = failing.find((action) => action.do === "write-status");
    assert.ok(written?.do === "write-status");
    assert.deepEqual(written.status, {
      page: "http://status/p/x/",
      lastSentAt: "2026-01-02T00:00:00.000Z",
      phase: "failing",
      reason: "refused with 550",
    });
    const settled = subscription(
      "ops",
      { email: "ops@shop.example" },
      { phase: "active", page: "http://status/p/x/" },
    );
    assert.deepEqual(
      planSubscriptions(observed({ subscriptions: [settled] })).map((action) => action.do),
      ["tell"],
    );
  });
});
