import assert from "node:assert/strict";
import type { Attribution } from "#api/actor.ts";
import { VdcError, type ErrorCode } from "#api/errors.ts";
import type { Change } from "#api/records.ts";
import type { ResourceKey } from "#api/resource.ts";
import type { JsonObject } from "#lib/json.ts";
import type { MutationOptions, MutationResult, Store, WatchQuery } from "../store.ts";

export interface Engine extends AsyncDisposable {
  readonly store: Store;
  /** Moves the store's clock on. */
  advance(ms: number): void;
}

export type OpenEngine = () => Promise<Engine>;

export const by: Attribution = {
  actor: { type: "user", id: "usr_1", name: "ada" },
  requestId: "req_1",
  operationId: "op_1",
  address: "127.0.0.1",
};

export function project(name: string): ResourceKey {
  return { kind: "project", name };
}

export function widget(name: string, within = "shop"): ResourceKey {
  return { kind: "widget", project: within, name };
}

export function gadget(name: string, within = "shop"): ResourceKey {
  return { kind: "gadget", project: within, name };
}

/** The whole spec of a widget or gadget. */
export function widgetSpec(changes: JsonObject = {}): JsonObject {
  return { title: "", instances: 0, memoryBytes: 0, parts: [], settings: {}, ...changes };
}

export function projectSpec(changes: JsonObject = {}): JsonObject {
  return { title: "", description: "", members: [], quotas: {}, ...changes };
}

/** Applies a resource with the least that its kind needs. */
export function put(
  store: Store,
  key: ResourceKey,
  spec: JsonObject = {},
  options: Partial<MutationOptions> = {},
): Promise<MutationResult> {
  const whole = key.kind === "project" ? projectSpec(spec) : widgetSpec(spec);
  return store.resources.apply({ ...key, labels: {}, spec: whole }, { by, ...options });
}

/** Fails unless the promise is refused with this code. Gives the error. */
export async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<VdcError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof VdcError, `refused with ${code}, and not ${String(error)}`);
  assert.equal(error.code, code);
  return error;
}

/** Everything that a watch gives from its start to the head as it is now. */
export async function watched(
  store: Store,
  query: WatchQuery,
): Promise<{ changes: Change[]; revision: number }> {
  const { revision: head } = await store.feed.head();
  const ended = new AbortController();
  const changes: Change[] = [];
  for await (const batch of store.feed.watch(query, ended.signal)) {
    changes.push(...batch.changes);
    if (batch.revision >= head) return { changes, revision: batch.revision };
  }
  throw new Error("the watch ended by itself");
}
