import { VdcError } from "#api/errors.ts";
import { background } from "#lib/background.ts";
import type { Log } from "#lib/log.ts";
import type { InstanceEngine, InstanceRun } from "../engine.ts";
import type { HookRun, Package, Release } from "../observed.ts";
import { hookKey } from "./hooks.ts";

/** Hooks at once in one process. */
const maxRuns = 32;
const maxKept = 1_000;
const maxDetail = 500;

export interface HookRuns {
  /** By `RELEASE/HOOK`: what this process began for an app. */
  of(app: string): ReadonlyMap<string, HookRun>;
  /** Begins it, unless it runs; `wake` is called when it ends. */
  begin(app: string, release: Release, named: Package, hook: string): void;
  /** Runs one to its end, if the package has it. Throws `rollout-failed` with what it said last. */
  run(release: Release, named: Package, hook: string, signal: AbortSignal): Promise<void>;
  /** Ends all that run. Safe twice. */
  stop(): void;
}

export interface HookRunsOptions {
  /** What runs a component's commands, and the run to do it with. */
  readonly prepare: (
    release: Release,
    component: string,
    name: string,
  ) => Promise<{ readonly engine: InstanceEngine; readonly run: InstanceRun }>;
  readonly wake: (app: string) => void;
  readonly log: Log;
}

/** Runs hooks beside the passes of the reconciler: a hook may take an hour, a pass may not. */
export function createHookRuns({ prepare, wake, log }: HookRunsOptions): HookRuns {
  const runs = new Map<string, Map<string, HookRun>>();
  const stopping = new AbortController();
  let running = 0;
  const begin: HookRuns["begin"] = (app, release, named, hook) => {
    const own = runs.get(app) ?? new Map<string, HookRun>();
    const key = hookKey(release, hook);
    if (own.has(key) || running >= maxRuns || stopping.signal.aborted) return;
    if (runs.size >= maxKept) runs.clear();
    runs.set(app, own);
    own.set(key, { state: "running" });
    running += 1;
    const work = async () => {
      own.set(key, await runHook(release, named, hook, stopping.signal));
      running -= 1;
      wake(app);
    };
    background(work(), "app.hook.run", log);
  };
  const runHook = async (
    release: Release,
    named: Package,
    hook: string,
    signal: AbortSignal,
  ): Promise<HookRun> => {
    let lastLine = "";
    try {
      const declared = Object.entries(named.spec.manifest.hooks).find(([name]) => name === hook)?.[1];
      if (declared === undefined) return { state: "done" };
      const { engine, run } = await prepare(release, declared.component, hook);
      const ended = await engine.runOnce(run, declared.command, {
        timeoutMs: declared.timeoutSeconds * 1000,
        signal,
        onLine: (line) => {
          lastLine = line.slice(0, maxDetail);
        },
      });
      if (ended.code === 0 && !ended.timedOut) return { state: "done" };
      const how = ended.timedOut
        ? `it took longer than ${declared.timeoutSeconds} s`
        : ended.signal === undefined
          ? `exit status ${ended.code ?? "unknown"}`
          : `ended by ${ended.signal}`;
      return { state: "failed", detail: lastLine === "" ? how : `${how}: ${lastLine}` };
    } catch (error) {
      log.warn("app.hook.failed", { hook, release: release.name, error });
      return {
        state: "failed",
        detail: error instanceof VdcError ? error.message : "control could not run it; its log says why",
      };
    }
  };
  return {
    of: (app) => runs.get(app) ?? new Map(),
    begin,
    run: async (release, named, hook, signal) => {
      const all = AbortSignal.any([signal, stopping.signal]);
      const ended = await runHook(release, named, hook, all);
      all.throwIfAborted();
      if (ended.state === "failed")
        throw new VdcError(
          "rollout-failed",
          `The ${hook} hook failed: ${ended.detail ?? "it gave no reason"}`,
        );
    },
    stop: () => stopping.abort(new VdcError("interrupted", "control stops")),
  };
}
