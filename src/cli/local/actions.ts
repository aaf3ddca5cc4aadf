/**
 * What the local verbs ask of the machine they run on. The CLI itself touches neither files nor processes: src/main implements this,
 * and loads each part of it only when it is used.
 */
export interface LocalActions {
  /** Brings the data center up; in the foreground it returns only when it is down again, or never. Resolves to an exit status. */
  up(options: UpRequest): Promise<number>;
  /** Undefined when it is not running. `keepsApps`: instances go on, unserved, until the next `up`. */
  down(request: Place & { readonly keepsApps: boolean }): Promise<DownReport | undefined>;
  /** Undefined when it is not running. */
  status(place: Place): Promise<CenterStatus | undefined>;
  restart(place: Place, part: string): Promise<RestartReport>;
  /** Names of parts that have a log, in a fixed order. */
  logParts(place: Place): readonly string[];
  /** Calls `onLine` with the last lines, oldest first, then, with `follow`, with each new one until `signal` aborts. */
  logs(request: LogRequest, onLine: (line: LogLine) => void): Promise<void>;
  doctor(place: Place & DoctorPorts, signal: AbortSignal): Promise<readonly Finding[]>;
  /** This machine works for a data center until `signal` aborts, then finishes what runs. Resolves to an exit status. */
  join(request: JoinRequest): Promise<number>;
}

export interface JoinRequest {
  readonly url: string;
  /** Of a user who may operate the project; from the words, or a file, or the environment. */
  readonly token: { readonly value: string } | { readonly file: string };
  /** `sha256:` and the certificate's fingerprint, when no authority vouches for it. */
  readonly caFingerprint?: string;
  readonly project?: string;
  readonly name?: string;
  /** Undefined = all cores but one. */
  readonly slots?: number;
  readonly memoryBytes?: number;
  /** Keys whose packages run here (Ed25519, base64); none: those that the data center admits, of level `wasm` alone. */
  readonly trustedKeys: readonly string[];
  readonly levels: readonly ("js" | "native")[];
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Ports that `vdc up` would use. */
export interface DoctorPorts {
  readonly port: number;
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** Which data center: its directory as the words gave it. */
export interface Place {
  readonly data: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface UpRequest extends Place {
  readonly detach: boolean;
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | "self-signed";
  readonly hosts: readonly string[];
  /** Whether a new data center begins with the sample app. */
  readonly sample: boolean;
  readonly gateways: {
    /** Undefined = one for each core, from two to eight. */
    readonly count: number | undefined;
    readonly host: string;
    /** 0 = any free one. */
    readonly httpPort: number;
    readonly httpsPort: number;
    readonly domain: string;
  };
  readonly objects: {
    /** Undefined = as many as the machine can use; 0 = no object storage. */
    readonly count: number | undefined;
    readonly host: string;
    /** 0 = any free one; undefined = the one it had, or the usual one, or any that is free. */
    readonly port: number | undefined;
    /** Directories for the drives of a new store, as they were given. */
    readonly drives: readonly string[];
    /** Where others reach S3, without a path; absent: as it listens. */
    readonly url?: string;
  };
  /** Tasks that this machine runs at once; undefined = one for each core but one, 0 = none. */
  readonly workers: number | undefined;
  /** The status page; absent: none. */
  readonly status?: { readonly host: string; readonly port: number; readonly url?: string };
  readonly onLine: (line: string, to: "stdout" | "stderr") => void;
  /** Aborted while a detached start is under way, it stops what it has started. */
  readonly signal: AbortSignal;
}

export interface DownReport {
  readonly pid: number;
  readonly parts: readonly string[];
  readonly elapsedMs: number;
  /** Parts whose end had to be forced, by name. */
  readonly wasForced: boolean;
}

export interface CenterStatus {
  readonly dataDirectory: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly url?: string;
  /** Pattern of the apps' addresses; absent without gateways. */
  readonly appsUrl?: string;
  /** Address of the S3 service; absent without object storage. */
  readonly objectsUrl?: string;
  readonly residentBytes: number;
  readonly parts: readonly PartLine[];
}

export interface PartLine {
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly since: string;
  readonly restarts: number;
  readonly note?: string;
  readonly residentBytes?: number;
}

export type RestartReport =
  | { readonly result: "not-running" }
  | { readonly result: "ready"; readonly note?: string; readonly elapsedMs: number }
  | { readonly result: "unknown-part"; readonly parts: readonly string[] }
  | { readonly result: "failed"; readonly detail: string; readonly remedy?: string };

export interface LogRequest extends Place {
  /** Undefined = all parts. */
  readonly part: string | undefined;
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface LogLine {
  readonly part: string;
  readonly text: string;
}

export interface Finding {
  readonly subject: string;
  readonly state: "ok" | "warning" | "problem";
  readonly detail: string;
  /** What to do about it; absent when it is ok. */
  readonly remedy?: string;
}
