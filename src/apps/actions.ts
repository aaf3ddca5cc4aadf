import type { AppStatus } from "#api/kinds/app.ts";
import type { KeySpec } from "#api/kinds/key.ts";
import type { ReleaseSpec, ReleaseStatus } from "#api/kinds/release.ts";
import type { RouteSpec } from "#api/kinds/route.ts";
import type { Operation } from "#api/records.ts";
import type { App, Instance, Release } from "./observed.ts";

export const hookNames = ["install", "upgrade", "verify"] as const;
export type HookName = (typeof hookNames)[number];

export type DeployStep = "prepare" | "start" | "check" | "switch" | "finish";

/** How the deployment of a release ended. */
export type DeployEnding =
  | { readonly state: "succeeded" }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "cancelled" };

/** One thing to do for an app. What has to be chosen by chance (names) is chosen when it is done. */
export type AppAction =
  | { readonly do: "write-status"; readonly app: App; readonly status: AppStatus }
  | { readonly do: "make-release"; readonly app: App; readonly name: string; readonly spec: ReleaseSpec }
  | { readonly do: "write-release"; readonly release: Release; readonly status: ReleaseStatus }
  | { readonly do: "delete-releases"; readonly releases: readonly Release[] }
  | { readonly do: "make-volume"; readonly app: App; readonly name: string; readonly sizeBytes?: number }
  | {
      readonly do: "make-secret";
      readonly app: App;
      readonly name: string;
      readonly length: number;
      readonly setting: string;
    }
  | {
      readonly do: "make-bucket";
      readonly app: App;
      readonly name: string;
      readonly s3Name: string;
      readonly requirement: string;
      /** Whether pages of the app read and write it by signed addresses. */
      readonly pages: boolean;
    }
  | {
      readonly do: "put-key";
      readonly app: App;
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly spec: KeySpec;
    }
  | { readonly do: "put-route"; readonly app: App; readonly name: string; readonly spec: RouteSpec }
  | { readonly do: "delete-route"; readonly name: string; readonly project: string }
  | { readonly do: "start-instances"; readonly app: App; readonly start: InstanceStart }
  | { readonly do: "set-wanted"; readonly instance: Instance; readonly wanted: "draining" | "stopped" }
  | { readonly do: "delete-instance"; readonly instance: Instance }
  | { readonly do: "run-hook"; readonly app: App; readonly release: Release; readonly hook: HookName }
  | { readonly do: "begin-deploy"; readonly app: App; readonly release: Release }
  | {
      readonly do: "show-deploy";
      readonly operation: Operation;
      readonly step: DeployStep;
      readonly percent: number;
      readonly line: string;
    }
  | { readonly do: "end-deploy"; readonly operation: Operation; readonly ending: DeployEnding }
  | { readonly do: "tell"; readonly app: App; readonly event: AppEvent }
  | { readonly do: "finalize"; readonly app: App }
  /** Asks for a pass after `ms`, because only time will change something. */
  | { readonly do: "wait"; readonly app: App; readonly ms: number };

export interface InstanceStart {
  readonly component: string;
  readonly release: number;
  readonly engine: string;
  readonly machine: string;
  readonly count: number;
  readonly attempt: number;
}

export interface AppEvent {
  readonly type: string;
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
}
