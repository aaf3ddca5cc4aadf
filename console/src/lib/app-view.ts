import type { AppStatus } from "#api/kinds/app.ts";
import type { ReleaseStatus } from "#api/kinds/release.ts";
import type { RouteStatus } from "#api/kinds/route.ts";
import type { InstanceExit, InstancePhase } from "#api/kinds/instance.ts";
import type { Tone } from "#console/kit/state.tsx";
import type { App, Instance, Package } from "#console/data/app-queries.ts";

/** How an app's state is shown: what is true, not what was wished. */
export interface AppState {
  readonly tone: Tone;
  /** `ready`, `rolling out 1/2`. */
  readonly text: string;
  readonly reason: string | undefined;
}

type AppPhase = NonNullable<AppStatus["phase"]>;

const phaseTones = {
  installing: "busy",
  ready: "good",
  "rolling-out": "busy",
  "rolling-back": "warn",
  "rolled-back": "warn",
  paused: "rest",
  degraded: "warn",
  failed: "bad",
  stopping: "busy",
  stopped: "rest",
  deleting: "warn",
} as const satisfies Record<AppPhase, Tone>;

export const instanceTones = {
  pending: "rest",
  starting: "busy",
  ready: "good",
  unhealthy: "warn",
  restarting: "busy",
  "crash-loop": "bad",
  draining: "rest",
  stopping: "rest",
  stopped: "rest",
  failed: "bad",
} as const satisfies Record<InstancePhase, Tone>;

export const releaseTones = {
  pending: "rest",
  "rolling-out": "busy",
  serving: "good",
  superseded: "rest",
  "rolling-back": "warn",
  "rolled-back": "warn",
  failed: "bad",
  cancelled: "rest",
} as const satisfies Record<NonNullable<ReleaseStatus["phase"]>, Tone>;

export const routeTones = {
  active: "good",
  conflict: "bad",
  "no-backend": "warn",
} as const satisfies Record<NonNullable<RouteStatus["phase"]>, Tone>;

/** The app's phase in words, with how far a rollout is. A spec that VDC has not looked at yet is no state of the app. */
export function appState(app: App): AppState {
  if (app.deletingSince !== undefined) return { tone: "warn", text: "removing", reason: app.status.reason };
  const phase = app.status.phase ?? "installing";
  const moving = phase === "rolling-out" || phase === "installing" || phase === "rolling-back";
  const progress = moving ? rolloutCount(app) : undefined;
  const words = phase.replace("-", " ");
  return {
    tone: phaseTones[phase],
    text: progress === undefined ? words : `${words} ${progress}`,
    reason: app.status.reason,
  };
}

/** `1/2`: ready instances of the newest release, of those that are wanted of it. */
function rolloutCount(app: App): string | undefined {
  const own = (app.status.components ?? []).flatMap(({ releases }) =>
    releases.filter(({ release }) => release === app.status.wantedRelease),
  );
  if (own.length === 0) return undefined;
  const sum = (pick: (one: (typeof own)[number]) => number) => own.reduce((all, one) => all + pick(one), 0);
  return `${sum((one) => Math.min(one.ready, one.wanted))}/${sum((one) => one.wanted)}`;
}

export function instanceCounts(app: App): { readonly ready: number; readonly wanted: number } {
  const components = app.status.components ?? [];
  return {
    ready: components.reduce((sum, one) => sum + one.ready, 0),
    wanted: components.reduce((sum, one) => sum + one.wanted, 0),
  };
}

/** Instances of one app, those of the newest release first. */
export function instancesOf(app: App, instances: readonly Instance[]): readonly Instance[] {
  return instances
    .filter(({ spec }) => spec.app === app.name)
    .toSorted(
      (a, b) =>
        a.spec.component.localeCompare(b.spec.component) ||
        b.spec.release - a.spec.release ||
        a.createdAt.localeCompare(b.createdAt),
    );
}

/** `crashed with status 3`: how a process ended, in a few words. */
export function exitText(exit: InstanceExit): string {
  if (exit.detail !== undefined) return exit.detail;
  if (exit.reason === "exited") return `ended with status ${exit.code ?? 0}`;
  if (exit.reason === "signalled") return `ended by ${exit.signal ?? "a signal"}`;
  return exit.reason.replaceAll("-", " ");
}

/** The address of a file that a package shows. */
export function blobAddress(of: Package, digest: string): string {
  const project = encodeURIComponent(of.project ?? "");
  return `/v1/projects/${project}/packages/${encodeURIComponent(of.name)}/blobs/${digest}`;
}

/** Newer first; numbers in versions are compared as numbers. */
export function byVersion(a: Package, b: Package): number {
  return b.spec.manifest.version.localeCompare(a.spec.manifest.version, "en", { numeric: true });
}
