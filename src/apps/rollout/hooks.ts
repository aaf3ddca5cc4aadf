import type { ReleaseStatus } from "#api/kinds/release.ts";
import type { AppAction, HookName } from "../actions.ts";
import type { App, AppObserved, Package, Release } from "../observed.ts";

/** What a rollout has to know of one hook before it goes on. */
export type HookState =
  | { readonly kind: "passed" }
  | { readonly kind: "pending"; readonly actions: readonly AppAction[] }
  | { readonly kind: "failed"; readonly reason: string };

type Entry = NonNullable<ReleaseStatus["hooks"]>[number];

/**
 * Brings a hook about once for a release. It is in the release's status before it begins, so that a process that dies meanwhile
 * is known to have begun it: the next one begins it again, and hooks have to bear that.
 */
export function planHook(
  hook: HookName,
  context: {
    readonly app: App;
    readonly release: Release;
    readonly package: Package;
    readonly isNeeded: boolean;
    readonly hooks: AppObserved["hooks"];
  },
): HookState {
  const { app, release, isNeeded } = context;
  if (!isNeeded || context.package.spec.manifest.hooks[hook] === undefined) return { kind: "passed" };
  const entry = entryOf(release, hook);
  if (entry?.state === "done") return { kind: "passed" };
  if (entry?.state === "failed")
    return { kind: "failed", reason: `The ${hook} hook failed: ${entry.detail ?? "it gave no reason"}` };
  const run = context.hooks.get(hookKey(release, hook));
  const begin: AppAction = { do: "run-hook", app, release, hook };
  if (entry === undefined)
    return { kind: "pending", actions: [writeHook(release, { name: hook, state: "running" }), begin] };
  if (run === undefined) return { kind: "pending", actions: [begin] };
  if (run.state === "running") return { kind: "pending", actions: [] };
  const detail = run.detail === undefined ? {} : { detail: run.detail };
  return { kind: "pending", actions: [writeHook(release, { name: hook, state: run.state, ...detail })] };
}

export function hookKey(release: Release, hook: string): string {
  return `${release.spec.number}/${hook}`;
}

/** Whether any release of the app has had this hook. */
export function wasRun(releases: readonly Release[], hook: HookName): boolean {
  return releases.some((release) => entryOf(release, hook)?.state === "done");
}

function entryOf({ status }: Release, hook: HookName): Entry | undefined {
  return status.hooks?.find(({ name }) => name === hook);
}

function writeHook(release: Release, entry: Entry): AppAction {
  const others = (release.status.hooks ?? []).filter(({ name }) => name !== entry.name);
  return { do: "write-release", release, status: { ...release.status, hooks: [...others, entry] } };
}
