import type { InstanceExit, InstancePhase, Protection } from "#api/kinds/instance.ts";
import type { Component } from "#api/manifest.ts";

/**
 * What runs instances. An instance is held by something that outlives every other vdc process: an engine may be opened
 * anew at any time and finds all that it ever started. Every engine passes `conformance/instance-engine.ts`.
 */
export interface InstanceEngine extends AsyncDisposable {
  /** As in `spec.engine`. */
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  /** Whether it can run this component on this machine; the reason names what is missing and how to get it. */
  canRun(
    component: Component,
  ): Promise<{ readonly can: true } | { readonly can: false; readonly reason: string }>;
  /**
   * Brings the instance about and keeps it running by its restart policy. Resolves when it is held, not when it is
   * ready. Idempotent by `id`: one that is held already is left alone, whatever else `run` says.
   */
  start(run: InstanceRun): Promise<void>;
  /** Sends the stop signal, and SIGKILL after the grace; resolves when the process is gone. What never ran is stopped. */
  stop(id: string, options: { readonly graceMs: number }): Promise<void>;
  /** Ends the process once and starts it again at once, by its policy's way but without backoff. `not-found`. */
  restart(id: string): Promise<void>;
  /** Forgets a stopped instance with its logs and private files. Volumes stay. Idempotent; `in-use` while it runs. */
  remove(id: string): Promise<void>;
  /** All that is held here, whoever started it. */
  list(): Promise<readonly InstanceObservation[]>;
  observe(id: string): Promise<InstanceObservation | undefined>;
  /** Ids of instances that changed; a wake-up that may repeat itself or come late, never the truth itself. */
  changes(signal: AbortSignal): AsyncIterable<string>;
  /** Lines oldest first; with `follow` until the signal aborts. `not-found`. */
  logs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Runs a command beside the instance, inside its sandbox. `not-found`; `unsupported`; `conflict` when it does not run. */
  exec(id: string, request: ExecRequest): Promise<ExecSession>;
  /** Runs a command to its end in a fresh sandbox with the files, environment and volumes of `run`. */
  runOnce(
    run: InstanceRun,
    command: readonly string[],
    options: {
      readonly timeoutMs: number;
      readonly signal: AbortSignal;
      readonly onLine: (line: string) => void;
    },
  ): Promise<{ readonly code?: number; readonly signal?: string; readonly timedOut: boolean }>;
}

/** What callers may ask for; documented in docs/reference from here. */
export interface EngineCapabilities {
  readonly exec: boolean;
  readonly terminal: boolean;
  readonly volumes: boolean;
  readonly limits: { readonly memory: boolean; readonly cpu: boolean; readonly processes: boolean };
  /** What separates an instance from the machine and from others; as found on this machine. */
  readonly protections: readonly Protection[];
  /** Interpreters found on this machine. */
  readonly runtimes: readonly { readonly name: string; readonly version: string; readonly path: string }[];
}

/** Everything an engine needs to run one instance. Paths are of this machine, and made by us: never from outside. */
export interface InstanceRun {
  /** The instance resource's id. */
  readonly id: string;
  readonly identity: {
    readonly project: string;
    readonly app: string;
    readonly component: string;
    readonly instance: string;
    readonly release: number;
  };
  readonly component: Component;
  /** Unpacked files of the artifact; seen read-only as /app. Absent: none. */
  readonly artifactDirectory?: string;
  /** Complete: settings, secrets, PORT and identity are in it already. Never on a command line. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seen as /run/secrets/NAME, mode 0400, in memory where the machine allows it. */
  readonly secretFiles: Readonly<Record<string, string>>;
  readonly volumes: readonly {
    readonly directory: string;
    readonly path: string;
    readonly readOnly: boolean;
  }[];
  readonly address: string;
  /** 0 when the component serves nothing. */
  readonly port: number;
  /** Same number, same system account: instances of one app share volumes. 0 to 9,999. */
  readonly accountIndex: number;
}

export interface InstanceObservation {
  readonly id: string;
  readonly identity: InstanceRun["identity"];
  readonly phase: InstancePhase;
  readonly reason?: string;
  readonly address: string;
  readonly port: number;
  readonly pid?: number;
  /** System account of its processes; absent when it runs as ours. */
  readonly account?: number;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly readyAt?: number;
  readonly restarts: number;
  readonly lastExit?: InstanceExit;
  readonly nextStartAt?: number;
  readonly protections: readonly Protection[];
  /** CPU seconds since its start and resident bytes now, of all its processes; absent when it does not run. */
  readonly usage?: { readonly cpuSeconds: number; readonly memoryBytes: number; readonly processes: number };
}

export interface LogQuery {
  /** Last lines to begin with. */
  readonly tail: number;
  readonly follow: boolean;
  /** Milliseconds since the epoch. */
  readonly since?: number;
}

export interface LogLine {
  readonly at: number;
  readonly stream: "stdout" | "stderr" | "vdc";
  /** At most 16 KiB; what was cut says so. */
  readonly text: string;
}

export interface ExecRequest {
  readonly command: readonly string[];
  /** With a terminal: output is one stream, and the size can change. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

export interface ExecSession {
  /** Chunks as they come; back-pressure by not reading. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  readonly ended: Promise<{ readonly code?: number; readonly signal?: string }>;
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): void;
  /** Hangs up; what runs gets SIGHUP, then SIGKILL. Safe twice. */
  close(): void;
}
