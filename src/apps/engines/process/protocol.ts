import type { InstanceObservation, InstanceRun } from "#apps/engine.ts";
import type { RestartLimits } from "#apps/engines/restart-policy.ts";

/**
 * What the engine and a shim tell each other: the run by a file, commands and observations by lines of JSON on the shim's
 * socket. Old shims meet newer engines: fields are added, never changed.
 */
export interface ShimRun<Facts> {
  readonly version: 1;
  readonly run: InstanceRun;
  /** What this machine has for sandboxes. */
  readonly facts: Facts;
  /** Folder or file of the interpreter, seen read-only, and where it is first on PATH. */
  readonly runtime: RuntimePlace;
  readonly limits: RestartLimits;
  readonly socket: string;
}

export interface RuntimePlace {
  readonly readOnly: readonly { readonly from: string; readonly to: string }[];
  /** Folder inside the sandbox that comes first on PATH. */
  readonly path?: string;
}

/** What a shim remembers of itself, also when it is gone. */
export interface ShimState {
  readonly version: 1;
  /** False once it was stopped, or ended for good: then no shim is to hold it. */
  readonly wanted: boolean;
  readonly observation: InstanceObservation;
  readonly quickFailures: number;
}

export type ShimRequest =
  | { readonly request: number; readonly do: "observe" | "restart" | "place" }
  | { readonly request: number; readonly do: "stop"; readonly graceMs: number };

/** `result` of `place`: what it takes to enter the sandbox. */
export interface ShimPlace {
  /** Host pid of the process that holds the namespaces; absent when nothing runs. */
  readonly holder?: number;
  readonly cgroupFolders: readonly string[];
}

export type ShimMessage =
  | { readonly request: number; readonly result: unknown }
  | { readonly changed: InstanceObservation };
