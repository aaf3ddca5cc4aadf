import assert from "node:assert/strict";
import { appSpecSchema, type AppSpec } from "#api/kinds/app.ts";
import { packageSpecSchema } from "#api/kinds/package.ts";
import type { Operation } from "#api/records.ts";
import type { AppAction } from "#apps/actions.ts";
import type { App, AppObserved, HookRun, Instance, Package, Placement, Release } from "#apps/observed.ts";
import { planApp } from "#apps/plan.ts";
import type { InstanceTraffic } from "#apps/ports.ts";
import { hookKey } from "#apps/rollout/hooks.ts";
import { isActive } from "#apps/rollout/members.ts";
import { drainDeadlineMs } from "#apps/rollout/drain.ts";
import { isoTime } from "#lib/clock.ts";
import type { Id } from "#lib/ids.ts";

/** How the software of a package behaves. */
export interface Software {
  readonly readyAfterMs: number;
  readonly fate?: "never-ready" | "crash-loop" | "fails-requests" | "cannot-start";
}

/** The packages of the simulated project, by name. */
export const softwares: Readonly<Record<string, Software>> = {
  good: { readyAfterMs: 300 },
  better: { readyAfterMs: 1_500 },
  slow: { readyAfterMs: 9_000 },
  hanging: { readyAfterMs: 0, fate: "never-ready" },
  crashing: { readyAfterMs: 200, fate: "crash-loop" },
  erring: { readyAfterMs: 200, fate: "fails-requests" },
  broken: { readyAfterMs: 0, fate: "cannot-start" },
};
export const fateOf = (name: string): Software["fate"] => softwares[name]?.fate;

const start = Date.UTC(2026, 0, 1);
const graceMs = 1_000;
/** Gateways hear of a change after this. */
const gatewayLagMs = 120;

interface Life {
  readonly software: Software;
  startedAt: number;
  inFlight: number;
  requests: number;
  failures: number;
}

/**
 * One app in a world of its own: actions change resources, time brings instances up, requests come and go. Every action is checked
 * against what must always hold when it is done.
 */
export class AppWorld {
  now = start;
  app: App | undefined;
  releases: Release[] = [];
  instances: Instance[] = [];
  operation: Operation | undefined;
  events: string[] = [];
  readonly #packages: ReadonlyMap<string, Package>;
  readonly #lives = new Map<string, Life>();
  readonly #hooks = new Map<string, HookRun>();
  #lastId = 0;

  constructor(spec: Partial<AppSpec>) {
    this.#packages = new Map(Object.keys(softwares).map((name) => [name, packageOf(name)]));
    const parsed = appSpecSchema.parse({ package: "good", ...spec });
    this.app = { ...this.#base("app", "news"), spec: parsed, status: {} };
  }

  /** A user's apply. */
  apply(change: Partial<AppSpec>): void {
    if (this.app === undefined || this.app.deletingSince !== undefined) return;
    const spec = appSpecSchema.parse({ ...this.app.spec, ...change });
    this.app = { ...this.app, spec, generation: this.app.generation + 1 };
  }

  remove(): void {
    if (this.app === undefined) return;
    this.app = { ...this.app, deletingSince: isoTime(this.now) };
  }

  restart(): void {
    this.instances = this.instances.map((one) =>
      isActive(one) ? { ...one, spec: { ...one.spec, replace: true } } : one,
    );
  }

  /** The nth active instance ends by itself, and comes back (`restarts`) or does not. */
  crash(nth: number, restarts: boolean): void {
    const active = this.instances.filter(isActive);
    const victim = active[nth % Math.max(1, active.length)];
    const life = victim === undefined ? undefined : this.#lives.get(victim.id);
    if (victim === undefined || life === undefined) return;
    life.inFlight = 0;
    life.startedAt = this.now;
    const { readyAt: _, ...status } = victim.status;
    const lastExit = { at: isoTime(this.now), reason: "signalled" as const };
    const phase = restarts ? ("restarting" as const) : ("failed" as const);
    this.#setStatus(victim, { ...status, phase, startedAt: isoTime(this.now), lastExit });
  }

  /** One pass of the reconciler; `upTo` actions are done before its process dies. */
  pass(upTo = Infinity): readonly AppAction[] {
    const actions = planApp(this.observed(), this.now);
    for (const action of actions.slice(0, upTo)) this.#act(action);
    return actions;
  }

  /** Lets time go on: instances come up, gateways hear of things, requests are served. */
  advance(ms: number): void {
    this.now += ms;
    for (const instance of this.instances) this.#live(instance);
    if (this.app?.deletingSince !== undefined) {
      // What it owns dies with it, as the reconciler of ownership sees to it.
      this.releases = [];
      this.instances = this.instances.map((one) =>
        one.deletingSince === undefined ? { ...one, deletingSince: isoTime(this.now) } : one,
      );
    }
  }

  /** Passes and time until nothing changes any more, at most `maxMs` of simulated time. */
  settle(maxMs: number): void {
    const end = this.now + maxMs;
    while (this.now < end) {
      const actions = this.pass();
      if (this.app === undefined || (actions.length === 0 && !this.#isMoving())) return;
      const waits = actions.flatMap((action) => (action.do === "wait" ? [action.ms] : []));
      const isIdle = waits.length === actions.length && !this.#isMoving();
      this.advance(isIdle ? Math.min(...waits) : 250);
    }
  }

  #isMoving(): boolean {
    const settled = new Set(["ready", "failed", "crash-loop"]);
    return this.instances.some(({ id, spec, status }) => {
      const isStuck = this.#lives.get(id)?.software.fate === "never-ready" && status.phase === "starting";
      return spec.wanted !== "running" || !(isStuck || settled.has(status.phase ?? ""));
    });
  }

  observed(): AppObserved {
    const here: Placement = { can: true, engine: "model", machine: "here" };
    const placements = this.releases.map(({ spec }) => [`${spec.number}/web`, here] as const);
    return {
      key: { kind: "app", project: "shop", name: "news" },
      ...(this.app === undefined ? {} : { app: this.app }),
      releases: this.releases,
      instances: this.instances,
      packages: this.#packages,
      volumes: new Map(),
      buckets: new Map(),
      keys: new Map(),
      secrets: new Map(),
      routes: new Map(),
      ownedRoutes: [],
      traffic: this.#traffic(),
      placements: new Map(placements),
      hooks: this.#hooks,
      ...(this.operation === undefined ? {} : { operation: this.operation }),
      by: "test",
      addresses: { domain: "localhost", url: (host, path) => `http://${host}${path}` },
    };
  }

  readyOf(release?: number): number {
    return this.instances.filter(
      (one) =>
        isActive(one) &&
        one.status.phase === "ready" &&
        (release === undefined || one.spec.release === release),
    ).length;
  }

  #traffic(): ReadonlyMap<string, InstanceTraffic> {
    return new Map(
      this.instances.flatMap((one) => {
        const life = this.#lives.get(one.id);
        if (life === undefined || one.status.readyAt === undefined) return [];
        const since = Date.parse(one.spec.wantedSince ?? "");
        const draining = one.spec.wanted !== "running" && this.now - since >= gatewayLagMs;
        return [
          [
            one.id,
            {
              draining,
              inFlight: life.inFlight,
              upgraded: 0,
              requests: life.requests,
              failures: life.failures,
            },
          ],
        ];
      }),
    );
  }

  #live(instance: Instance): void {
    const life = this.#lives.get(instance.id);
    if (life === undefined) return;
    const { spec, status, deletingSince } = instance;
    if (deletingSince !== undefined) {
      this.instances = this.instances.filter((one) => one.id !== instance.id);
      return;
    }
    const isServed = status.phase === "ready" && spec.wanted === "running";
    life.inFlight = isServed ? 3 : Math.max(0, life.inFlight - 1);
    if (isServed) {
      life.requests += 10;
      if (life.software.fate === "fails-requests") life.failures += 8;
    }
    if (spec.wanted === "stopped") return this.#setStatus(instance, { ...status, phase: "stopped" });
    if (status.phase === "ready" || status.phase === "failed" || status.phase === "crash-loop") return;
    this.#comeUp(instance, life);
  }

  #comeUp(instance: Instance, life: Life): void {
    const { fate, readyAfterMs } = life.software;
    const status = { ...instance.status, startedAt: isoTime(life.startedAt) };
    if (fate === "cannot-start")
      return this.#setStatus(instance, { ...status, phase: "failed", reason: "no runtime" });
    if (this.now - life.startedAt < readyAfterMs || fate === "never-ready")
      return this.#setStatus(instance, { ...status, phase: "starting" });
    if (fate === "crash-loop")
      return this.#setStatus(instance, { ...status, phase: "crash-loop", reason: "exit status 1" });
    this.#setStatus(instance, { ...status, phase: "ready", readyAt: isoTime(this.now) });
  }

  #setStatus(instance: Instance, status: Instance["status"]): void {
    this.instances = this.instances.map((one) => (one.id === instance.id ? { ...one, status } : one));
  }

  #act(action: AppAction): void {
    switch (action.do) {
      case "write-status":
        if (this.app !== undefined) this.app = { ...this.app, status: action.status };
        return;
      case "make-release":
        if (this.releases.some(({ name }) => name === action.name)) return;
        this.releases = [
          ...this.releases,
          { ...this.#base("release", action.name), spec: action.spec, status: { phase: "pending" } },
        ];
        return;
      case "write-release":
        if (action.status.phase === "serving")
          assert.ok(
            this.readyOf(action.release.spec.number) >= this.wanted(),
            "a release serves when all of it is ready",
          );
        this.releases = this.releases.map((one) =>
          one.id === action.release.id ? { ...one, status: action.status } : one,
        );
        return;
      case "delete-releases":
        this.releases = this.releases.filter(({ id }) => !action.releases.some((gone) => gone.id === id));
        return;
      case "run-hook":
        this.#hooks.set(hookKey(action.release, action.hook), { state: "done" });
        return;
      case "begin-deploy":
        this.operation = operationFor(action.release.spec.number);
        return;
      case "end-deploy":
        this.operation = undefined;
        return;
      case "tell":
        this.events.push(action.event.type);
        return;
      case "finalize":
        assert.equal(this.instances.length, 0, "an app goes after its instances");
        this.app = undefined;
        return;
      default:
        this.#actOnInstances(action);
    }
  }

  #actOnInstances(action: AppAction): void {
    if (action.do === "start-instances") return this.#start(action.start);
    if (action.do === "set-wanted") return this.#setWanted(action.instance, action.wanted);
    if (action.do !== "delete-instance") return;
    const standing = this.instances.find(({ id }) => id === action.instance.id);
    assert.equal(standing?.status.phase ?? "stopped", "stopped", "only what has ended is deleted");
    this.instances = this.instances.filter(({ id }) => id !== action.instance.id);
  }

  #start(wanted: Extract<AppAction, { do: "start-instances" }>["start"]): void {
    const { app } = this;
    assert.ok(app !== undefined && app.deletingSince === undefined, "nothing is started for what goes");
    assert.ok(!app.spec.stopped && !app.spec.paused, "nothing is started while stopped or paused");
    const release = this.releases.find(({ spec }) => spec.number === wanted.release);
    for (let at = 0; at < wanted.count; at += 1) {
      const spec = {
        app: "news",
        component: "web",
        engine: "model",
        machine: "here",
        wanted: "running" as const,
      };
      const one: Instance = {
        ...this.#base("instance", `news-web-${wanted.release}-${this.#lastId}`),
        spec: { ...spec, release: wanted.release, attempt: wanted.attempt },
        status: { phase: "pending" },
      };
      this.instances = [...this.instances, one];
      const software = softwares[release?.spec.package ?? ""] ?? { readyAfterMs: 0 };
      this.#lives.set(one.id, { software, startedAt: this.now, inFlight: 0, requests: 0, failures: 0 });
    }
    const { maxSurge, maxUnavailable } = app.spec.rollout;
    const surge = maxSurge === 0 && maxUnavailable === 0 ? 1 : maxSurge;
    const active = this.instances.filter(isActive).length;
    assert.ok(active <= this.wanted() + surge, `${active} run, ${this.wanted()} + ${surge} may`);
  }

  #setWanted(instance: Instance, wanted: "draining" | "stopped"): void {
    const standing = this.instances.find(({ id }) => id === instance.id);
    if (standing === undefined || standing.spec.wanted === "stopped") return;
    const life = this.#lives.get(instance.id);
    if (wanted === "stopped") {
      const since = Date.parse(standing.spec.wantedSince ?? "");
      const isLate = this.now - since >= graceMs + drainDeadlineMs;
      assert.ok(life?.inFlight === 0 || isLate, "an instance is never stopped while it serves");
    }
    const wantedSince = isoTime(this.now);
    const wasReady = isActive(standing) && standing.status.phase === "ready";
    this.instances = this.instances.map((one) =>
      one.id === instance.id ? { ...one, spec: { ...one.spec, wanted, wantedSince } } : one,
    );
    if (wanted === "draining" && wasReady) this.#checkAvailability();
  }

  #checkAvailability(): void {
    const { app } = this;
    if (app === undefined || app.spec.stopped || app.spec.rollout.strategy === "all-at-once") return;
    const floor = this.wanted() - app.spec.rollout.maxUnavailable;
    assert.ok(this.readyOf() >= floor, `${this.readyOf()} are ready, ${floor} have to be`);
  }

  wanted(): number {
    return this.app?.spec.components["web"]?.replicas ?? 2;
  }

  #base(kind: string, name: string) {
    this.#lastId += 1;
    const at = isoTime(this.now);
    const id = `res_${this.#lastId}` as Id<"resource">; // unique in this world
    const owner =
      kind === "app" || this.app === undefined
        ? {}
        : { owner: { kind: "app", name: "news", id: this.app.id } };
    return {
      kind,
      project: "shop",
      name,
      id,
      generation: 1,
      revision: 1,
      labels: {},
      createdAt: at,
      updatedAt: at,
      ...owner,
    };
  }
}

function packageOf(name: string): Package {
  const at = isoTime(start);
  const digest = `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0")}`;
  const spec = packageSpecSchema.parse({
    digest,
    sizeBytes: 1,
    manifest: { apiVersion: "vdc.app/v1", id: "org.example.news", version: "1.0.0", name: "News" },
    components: [
      {
        name: "web",
        engines: ["model"],
        runtime: { name: "node", range: "*" },
        command: ["node"],
        port: 0,
        listens: true,
        replicas: 2,
        stopGraceSeconds: graceMs / 1000,
      },
    ],
  });
  const id = `res_package_${name}` as Id<"resource">; // unique in this world
  return {
    kind: "package",
    project: "shop",
    name,
    id,
    generation: 1,
    revision: 1,
    labels: {},
    createdAt: at,
    updatedAt: at,
    spec,
    status: {},
  };
}

function operationFor(release: number): Operation {
  const at = isoTime(start);
  return {
    id: `op_${release}`,
    revision: 1,
    type: "app.deploy",
    title: "Deploy",
    actor: { type: "system", id: "app", name: "app" },
    state: "running",
    percent: 0,
    steps: [],
    log: [],
    cancelable: false,
    createdAt: at,
    updatedAt: at,
    result: { release },
  };
}
