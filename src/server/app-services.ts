import type { Attribution } from "#api/actor.ts";
import type {
  AppPlan,
  Engine,
  ExecServerMessage,
  InstanceUsage,
  LiveRequest,
  LogEntry,
  TrafficSample,
} from "#api/apps.ts";
import type { FieldError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import type { RouteAnswer } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import type { JsonObject } from "#lib/json.ts";

/** A thing of a project, as a route's path names it. */
export interface InProject {
  readonly project: string;
  readonly name: string;
}

type Item<Id extends "app.backups" | "gateway.list"> = RouteAnswer<FixedRoutes[Id]>["items"][number];
export type Backup = Item<"app.backups">;
export type Gateway = Item<"gateway.list">;

/** Apps and their instances. Everything that names an app throws `not-found` when there is none. */
export interface AppsService {
  /**
   * What is wrong with a spec that its schema cannot know: an unknown setting, a missing package, a licence that was
   * not accepted. Empty when it can be done. Never throws for a spec, whatever it holds.
   */
  check(app: InProject, spec: JsonObject): Promise<readonly FieldError[]>;
  plan(app: InProject, spec: JsonObject): Promise<AppPlan>;
  /** `to`: the last good release before the newest when absent. Throws `conflict` when there is nothing to go back to. */
  rollback(app: InProject, to: number | undefined, by: Attribution): Promise<Resource>;
  restart(app: InProject, component: string | undefined, by: Attribution): Promise<Operation>;
  backup(app: InProject, by: Attribution): Promise<Operation>;
  restore(app: InProject, backup: string, by: Attribution): Promise<Operation>;
  /** Newest first. */
  backups(app: InProject): Promise<readonly Backup[]>;
  /** Throws `not-found` before the first line; ends by itself unless it follows, and when the signal aborts. */
  logs(app: InProject, query: AppLogQuery, signal: AbortSignal): Promise<AsyncIterable<LogEntry>>;
  top(app: InProject, signal: AbortSignal): Promise<readonly InstanceUsage[]>;
  /** Begins; the audit entry is written by the caller of this. Throws `not-found`, `conflict` when it does not run, `unsupported`. */
  exec(instance: InProject, request: ExecCommand, by: Attribution): Promise<RunningCommand>;
  engines(): Promise<readonly Engine[]>;
}

export interface AppLogQuery {
  readonly component?: string | undefined;
  readonly instance?: string | undefined;
  /** Last lines to begin with, of all instances together. */
  readonly tail: number;
  readonly follow: boolean;
  /** Only lines that contain this, whatever the case. */
  readonly search?: string | undefined;
}

export interface ExecCommand {
  readonly command: readonly string[];
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** A command in an instance's sandbox, with its input and output. */
export interface RunningCommand {
  /** Chunks as they come; back-pressure by not reading. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  readonly ended: Promise<Pick<ExecServerMessage, "code" | "signal">>;
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): void;
  /** Hangs up. Safe twice. */
  close(): void;
}

export interface PackagesService {
  /**
   * Takes an archive as it comes and makes the package. Throws `invalid` naming the entry that is wrong, `too-large`,
   * `forbidden` for one that the trust policy refuses; nothing is left of an archive that breaks off.
   */
  upload(
    project: string,
    archive: AsyncIterable<Uint8Array>,
    by: Attribution,
    signal: AbortSignal,
  ): Promise<Resource>;
  /** A blob that this package names. Throws `not-found` for any other, also when another package has it. */
  blob(
    named: InProject,
    digest: string,
    signal: AbortSignal,
  ): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }>;
}

export interface SecretsService {
  /** Makes the secret when it is not there. The value is in no log, event or audit entry. */
  set(secret: InProject, value: string, by: Attribution): Promise<{ readonly version: number }>;
}

/** What the gateways see. Streams end when the signal aborts, and drop what a slow reader cannot take. */
export interface TrafficService {
  /** The last minute first, then one a second. */
  samples(app: InProject, signal: AbortSignal): AsyncIterable<TrafficSample>;
  requests(app: InProject, signal: AbortSignal): AsyncIterable<LiveRequest>;
  gateways(signal: AbortSignal): Promise<readonly Gateway[]>;
}
