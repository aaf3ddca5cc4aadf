/** What `vdc up` was asked for, as the supervisor gets it: plain JSON on its command line, so never a secret. */
export interface UpOptions {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | "self-signed";
  /** Further host names that requests may name. */
  readonly hosts: readonly string[];
  readonly gateways: {
    /** How many processes; 0 = none. */
    readonly count: number;
    readonly host: string;
    /** 0 = any free port, the same for all of them. */
    readonly httpPort: number;
    readonly httpsPort: number;
    /** Routes without a host of their own are NAME.domain. */
    readonly domain: string;
  };
  readonly objects: {
    /** How many processes serve S3; 0 = there is no object store. */
    readonly count: number;
    readonly host: string;
    /** 0 = any free one, undefined = the one it had, or the usual one, or any that is free. */
    readonly port?: number;
    /** Directories for the drives of a store that is made now; empty: folders in the data directory. */
    readonly drives: readonly string[];
    /** Where others reach S3, without a path; absent: as it listens. */
    readonly url?: string;
  };
  /** The status page; absent: there is none. */
  readonly status?: {
    readonly host: string;
    /** 0 = the one it had, or the usual one, or any that is free. */
    readonly port: number;
    /** Where others reach it. */
    readonly url?: string;
  };
  /** Slots of this machine for tasks of burst jobs; 0 or absent = none. */
  readonly workers?: number;
  /** Whether a new data center begins with the sample app. */
  readonly sample: boolean;
  /** Program of the gateways; another one in tests. */
  readonly gatewayScript?: string;
  /** Program of the control part; another one in tests. */
  readonly controlScript?: string;
}

/** What the supervisor tells whoever started it detached, over their channel. */
export type UpMessage =
  | { readonly type: "line"; readonly to: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "done"; readonly exit: number };
