import type { Event, NewAuditEntry, NewEvent, Operation } from "#api/records.ts";
import { VdcError } from "#api/errors.ts";
import { genesisHash } from "../audit-chain.ts";
import { sanitized } from "../storable.ts";
import type {
  AuditStore,
  EventStore,
  Feed,
  Fence,
  Lease,
  LeaseStore,
  OperationStore,
  Store,
  WatchBatch,
  WatchQuery,
} from "../store.ts";
import { ModelState, type ModelWorld } from "./model.ts";
import { ModelResources } from "./resources.ts";

/** A store in memory, written naively: the oracle that the PostgreSQL engine is compared with. Nothing outlives the process. */
export function openModelStore(world: ModelWorld): Store {
  const state = new ModelState(world);
  return {
    resources: new ModelResources(state),
    feed: modelFeed(state),
    events: modelEvents(state),
    operations: modelOperations(state),
    audit: modelAudit(state),
    leases: modelLeases(state),
  };
}

function modelFeed(state: ModelState): Feed {
  return {
    head: async () => ({ revision: state.revision, compacted: state.compacted }),
    watch: (query, signal) => watch(state, query, signal),
    compact: async ({ keepMs, keepChanges, batch }) => {
      let gone = 0;
      for (const { change, at } of state.changes.slice(0, batch)) {
        const old = at < state.world.clock.now() - keepMs || change.revision <= state.revision - keepChanges;
        if (!old) break;
        state.compacted = change.revision;
        gone += 1;
      }
      state.changes = state.changes.slice(gone);
      return gone;
    },
  };
}

async function* watch(
  state: ModelState,
  query: WatchQuery,
  signal: AbortSignal,
): AsyncGenerator<WatchBatch, void, undefined> {
  let position = query.since;
  let told = false;
  const refused = () => new VdcError("compacted", `since ${position}`);
  if (position > state.revision) throw refused();
  while (!signal.aborted) {
    if (position < state.compacted) throw refused();
    const news = state.changes
      .map(({ change }) => change)
      .filter((change) => change.revision > position)
      .slice(0, 500);
    const changes = news
      .filter(({ kind }) => query.kinds === undefined || query.kinds.includes(kind))
      .filter(({ project }) => query.project === undefined || project === query.project)
      .filter(({ name }) => query.name === undefined || name === query.name);
    position = news.at(-1)?.revision ?? state.revision;
    if (changes.length > 0 || (!told && position >= state.revision)) yield { changes, revision: position };
    else await changed(state, position, signal);
    told ||= position >= state.revision;
  }
}

async function changed(state: ModelState, position: number, signal: AbortSignal): Promise<void> {
  if (state.revision > position || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  using listening = new DisposableStack();
  listening.use(state.onChange(resolve));
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}

function modelEvents(state: ModelState): EventStore {
  return {
    emit: async (events: readonly NewEvent[]) => events.map((event): Event => state.emit(sanitized(event))),
    list: async ({ projects, subject, before = Infinity, limit }) =>
      state.events
        .filter((event) => event.revision < before)
        .filter(
          (event) =>
            projects === undefined || (event.project !== undefined && projects.includes(event.project)),
        )
        .filter(
          (event) =>
            subject === undefined ||
            (event.subject?.kind === subject.kind &&
              (subject.name === undefined || event.subject.name === subject.name)),
        )
        .toReversed()
        .slice(0, limit),
    prune: async ({ keepMs, keepEvents, batch }) => {
      const beyond = state.events.length - keepEvents;
      const gone = state.events.filter(
        (event, at) => at < batch && (at < beyond || isOld(state, event.at, keepMs)),
      );
      state.events = state.events.filter((event) => !gone.includes(event));
      return gone.length;
    },
  };
}

function modelOperations(state: ModelState): OperationStore {
  return {
    put: async (operation, fence?: Fence) => {
      state.fence(fence);
      if (operation.steps.length > 200) throw new VdcError("too-large", "steps");
      const log = operation.log
        .slice(-200)
        .map(({ at, message }) => ({ at, message: message.slice(0, 2000) }));
      const whole: Operation = { ...sanitized({ ...operation, log }), revision: state.revision + 1 };
      const type = state.operations.has(whole.id) ? "updated" : "created";
      state.operations.set(whole.id, whole);
      state.log(type, "operation", whole.project, whole.id, whole);
      return whole;
    },
    get: async (id) => state.operations.get(id),
    list: async ({ projects, states, before, limit }) =>
      [...state.operations.values()]
        .filter(({ id }) => before === undefined || id < before)
        .filter(
          ({ project }) => projects === undefined || (project !== undefined && projects.includes(project)),
        )
        .filter((operation) => states === undefined || states.includes(operation.state))
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit),
    prune: async ({ keepMs, batch }) => {
      const old = [...state.operations.values()]
        .filter(({ finishedAt }) => finishedAt !== undefined && isOld(state, finishedAt, keepMs))
        .slice(0, batch);
      for (const { id } of old) state.operations.delete(id);
      return old.length;
    },
  };
}

function isOld(state: ModelState, at: string, keepMs: number): boolean {
  return Date.parse(at) < state.world.clock.now() - keepMs;
}

function modelAudit(state: ModelState): AuditStore {
  return {
    append: async (entries: readonly NewAuditEntry[]) =>
      entries.forEach((entry) => state.append(sanitized(entry))),
    list: async ({ projects, before = Infinity, after, limit }) => {
      const project = ({ kind, project: own, name }: NewAuditEntry["target"]) =>
        own ?? (kind === "project" ? name : "");
      const chosen = state.audit
        .filter(({ sequence }) => sequence < before && sequence > (after ?? 0))
        .filter(
          ({ target }) =>
            projects === undefined || (project(target) !== "" && projects.includes(project(target))),
        );
      return (after === undefined ? chosen.toReversed() : chosen).slice(0, limit);
    },
    head: async () => ({ sequence: state.audit.length, hash: state.audit.at(-1)?.hash ?? genesisHash }),
  };
}

function modelLeases(state: ModelState): LeaseStore {
  const now = () => state.world.clock.now();
  const seen = (name: string, lease: { holder: string; epoch: number; until: number }): Lease => ({
    name,
    holder: lease.holder,
    epoch: lease.epoch,
    remainingMs: lease.until - now(),
  });
  return {
    acquire: async (name, holder, ttlMs) => {
      const held = state.leases.get(name);
      const live = held !== undefined && held.until > now();
      if (live && held.holder !== holder) return { heldBy: held.holder, forMs: held.until - now() };
      // A lease that was pruned begins above every epoch that it had while it allowed a write.
      const epoch = (held?.epoch ?? state.revision) + (live ? 0 : 1);
      const lease = { holder, epoch, until: now() + ttlMs };
      state.leases.set(name, lease);
      return seen(name, lease);
    },
    release: async (name, epoch) => {
      if (state.leases.get(name)?.epoch === epoch)
        state.leases.set(name, { holder: "", epoch: epoch + 1, until: now() });
    },
    releaseAll: async (holder) => {
      for (const [name, lease] of state.leases)
        if (lease.holder === holder && lease.until > now())
          state.leases.set(name, { holder: "", epoch: lease.epoch + 1, until: now() });
    },
    list: async () =>
      [...state.leases]
        .filter(([, { until }]) => until > now())
        .map(([name, lease]) => seen(name, lease))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    prune: async ({ prefix, ranOutForMs, batch }) => {
      const gone = [...state.leases]
        .filter(([name, { until }]) => name.startsWith(prefix) && until <= now() - ranOutForMs)
        .slice(0, batch);
      for (const [name] of gone) state.leases.delete(name);
      return gone.length;
    },
  };
}
