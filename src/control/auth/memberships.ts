import type { Role } from "#api/access.ts";
import { VdcError } from "#api/errors.ts";
import { projectSpecSchema } from "#api/kinds/project.ts";
import type { Change } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { backoffMs } from "#lib/backoff.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Feed, ResourceStore } from "#store/store.ts";
import type { AuthLimits } from "./limits.ts";

/** Who has which role in which project. */
export interface MembershipLookup {
  roleIn(userName: string, project: string): Role | undefined;
  /** The object has no prototype: a project may be called `constructor`. */
  rolesOf(userName: string): Readonly<Record<string, Role>>;
  /** Names of all projects. */
  projects(): readonly string[];
  exists(project: string): boolean;
}

/**
 * Follows the projects in the store and keeps their members in memory, so that a request is decided without a
 * query.
 *
 * Invariant: what was not read grants nothing. Before the first list, and when the feed is lost for longer than
 * `membershipStaleMs`, nobody has a role.
 */
export class Memberships implements MembershipLookup, AsyncDisposable {
  readonly #options: MembershipOptions;
  /** Names in `#projects` of what does not exist any more. */
  readonly #gone = new Set<string>();
  readonly #projects = new Map<string, KnownProject>();
  readonly #users = new Map<string, Map<string, Role>>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #revision = -1;
  /** Monotonic time since when the feed is lost; undefined while it is followed. */
  #lostAt: number | undefined;
  #waiting: { readonly revision: number; readonly resolve: () => void }[] = [];

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Begins to follow; `seen(0)` waits for the first list. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#run();
    background(this.#running, "auth.memberships", this.#options.log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  get ready(): boolean {
    if (this.#revision < 0) return false;
    const { clock, limits } = this.#options;
    return this.#lostAt === undefined || clock.monotonic() - this.#lostAt < limits.membershipStaleMs;
  }

  roleIn(userName: string, project: string): Role | undefined {
    return this.ready ? this.#users.get(userName)?.get(project) : undefined;
  }

  rolesOf(userName: string): Readonly<Record<string, Role>> {
    // A fresh object without a prototype; typing of Object.create is any.
    const roles = Object.create(null) as Record<string, Role>;
    if (!this.ready) return roles;
    for (const [project, role] of this.#users.get(userName) ?? []) roles[project] = role;
    return roles;
  }

  projects(): readonly string[] {
    if (!this.ready) return [];
    return [...this.#projects].filter(([, known]) => known.exists).map(([name]) => name);
  }

  exists(project: string): boolean {
    return this.ready && this.#projects.get(project)?.exists === true;
  }

  /** Makes a write of this process count at once, before its turn in the feed comes. `removed`: it is gone. */
  applyLocal(resource: Resource, removed = false): void {
    if (resource.kind !== "project") return;
    this.#set(resource.name, resource.revision, removed ? undefined : resource.spec);
  }

  /** Resolves when everything up to `revision` counts here; `timeout` after `membershipWaitMs`. */
  async seen(revision: number): Promise<void> {
    if (this.#revision >= revision) return;
    const { clock, limits } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { revision, resolve };
    this.#waiting.push(waiter);
    const timer = clock.after(limits.membershipWaitMs, () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      reject(new VdcError("timeout", "The change is saved, but not in effect everywhere yet."));
    });
    try {
      await promise;
    } finally {
      timer[Symbol.dispose]();
    }
  }

  async #run(): Promise<void> {
    const { clock, random, limits, log } = this.#options;
    const delays = { baseMs: limits.membershipRetryBaseMs, maxMs: limits.membershipRetryMaxMs };
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#list();
        this.#lostAt = undefined;
        await this.#follow(signal, () => {
          failures = 0;
        });
      } catch (error) {
        // The store went away or we fell too far behind: list again, after a pause.
        if (signal.aborted) return;
        log.warn("auth.memberships.lost", { error });
      }
      this.#lostAt ??= clock.monotonic();
      await clock.sleep(backoffMs(failures, delays, random), signal).catch(() => undefined); // ends by the signal
      failures += 1;
    }
  }

  async #list(): Promise<void> {
    const { store, limits } = this.#options;
    const found: Resource[] = [];
    let revision: number | undefined;
    let from: string | undefined;
    do {
      const page = await store.resources.list({
        kind: "project",
        limit: limits.membershipPage,
        ...(from === undefined ? {} : { continue: from }),
      });
      revision ??= page.revision;
      found.push(...page.items);
      from = page.continue;
    } while (from !== undefined);
    const names = new Set(found.map((project) => project.name));
    for (const name of this.#projects.keys()) if (!names.has(name)) this.#set(name, revision, undefined);
    for (const project of found) this.#set(project.name, project.revision, project.spec);
    this.#reached(revision);
  }

  async #follow(signal: AbortSignal, works: () => void): Promise<void> {
    const { store } = this.#options;
    const query = { kinds: ["project"], since: this.#revision };
    for await (const batch of store.feed.watch(query, signal)) {
      for (const change of batch.changes) this.#change(change);
      this.#reached(batch.revision);
      works();
    }
  }

  #change(change: Change): void {
    this.#set(change.name, change.revision, change.type === "deleted" ? undefined : change.object["spec"]);
  }

  /** Takes a project's newest spec; an older one than what is known is late news. */
  #set(name: string, revision: number, spec: unknown): void {
    const known = this.#projects.get(name);
    if (known !== undefined && known.revision >= revision) return;
    const members = spec === undefined ? [] : projectSpecSchema.parse(spec).members;
    for (const user of known?.members ?? []) this.#take(user, name);
    for (const { user, role } of members) this.#give(user, name, role);
    if (spec === undefined) this.#gone.add(name);
    else this.#gone.delete(name);
    this.#projects.set(name, {
      revision,
      exists: spec !== undefined,
      members: members.map((member) => member.user),
    });
  }

  #give(user: string, project: string, role: Role): void {
    const roles = this.#users.get(user) ?? new Map<string, Role>();
    roles.set(project, role);
    this.#users.set(user, roles);
  }

  #take(user: string, project: string): void {
    const roles = this.#users.get(user);
    roles?.delete(project);
    if (roles?.size === 0) this.#users.delete(user);
  }

  #forget(name: string): void {
    const known = this.#projects.get(name);
    if (known !== undefined && known.revision > this.#revision) return;
    this.#projects.delete(name);
    this.#gone.delete(name);
  }

  #reached(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    // A project that is gone is remembered only until the feed cannot bring older news of it.
    for (const name of this.#gone) this.#forget(name);
    const ready = this.#waiting.filter((waiter) => waiter.revision <= this.#revision);
    this.#waiting = this.#waiting.filter((waiter) => waiter.revision > this.#revision);
    for (const waiter of ready) waiter.resolve();
  }
}

interface MembershipOptions {
  readonly store: { readonly resources: Pick<ResourceStore, "list">; readonly feed: Feed };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: AuthLimits;
}

interface KnownProject {
  readonly revision: number;
  readonly exists: boolean;
  readonly members: readonly string[];
}
