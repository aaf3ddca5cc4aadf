import type { KindRegistry } from "#api/kinds.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { CliKernelTools } from "#cli/kernel-ports.ts";
import type { CliObjectFiles } from "#cli/object-ports.ts";
import type { CliPackageTools } from "#cli/package-ports.ts";

/** Where requests go; the same words as the driver's (`src/drivers/bound-fetch`). */
export type CliBinding =
  | { readonly via: "unix-socket"; readonly path: string }
  | { readonly via: "pinned-tls"; readonly sha256: string }
  | { readonly via: "address" };

export interface CliFetch {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly close: () => void;
}

export interface CliFiles {
  /** Undefined when there is no such file; `mode` is its permission bits. */
  readText(
    path: string,
    maxBytes: number,
  ): Promise<{ readonly text: string; readonly mode: number } | undefined>;
  /** Replaces the file whole, mode 0600. */
  writePrivateText(path: string, text: string): Promise<void>;
  /** Undefined when `path` is not a folder. */
  filesOfFolder(path: string, maxEntries: number): Promise<readonly string[] | undefined>;
}

/** A WebSocket to the data center. */
export interface CliSocket {
  /** What the server says, in order; ends when the socket is closed. One reader. */
  readonly messages: AsyncIterable<string | Uint8Array>;
  /** Resolves when it has left. After the end it does nothing. */
  send(message: string | Uint8Array): Promise<void>;
  /** Code and reason that it was closed with; known when `messages` has ended. */
  readonly ending: () => { readonly code: number; readonly reason: string } | undefined;
  close(): void;
}

/** A file of this machine that is sent. */
export interface CliFile {
  readonly sizeBytes: number;
  open(): ReadableStream<Uint8Array>;
}

/** What lies at a path that somebody wants to deploy. */
export type DeployPath =
  /** A folder with `vdc-app.yaml`, or a Compose file: a package can be built from it. */
  | { readonly what: "source"; readonly path: string }
  /** A file that may be a package archive. */
  | { readonly what: "archive"; readonly path: string }
  | { readonly what: "nothing" }
  /** Something that cannot be deployed, and why. */
  | { readonly what: "unfit"; readonly reason: string };

/** A package that was built from files of this machine. */
export interface BuiltPackage extends AsyncDisposable {
  /** As in `spec.digest` of the package. */
  readonly digest: string;
  readonly id: string;
  readonly version: string;
  /** What the author should know: keys without effect, missing pieces. */
  readonly warnings: readonly string[];
  readonly file: CliFile;
}

/** Packages before they are in a data center. */
export interface CliPackages {
  look(path: string): Promise<DeployPath>;
  /** Builds the package of a source. Throws `invalid` with the fields that are wrong. */
  build(path: string, signal: AbortSignal): Promise<BuiltPackage>;
  /** An archive that is built already; what is in it, the data center looks at. */
  archive(path: string): Promise<CliFile>;
}

/** What a second of visiting an app was like; the same words as the driver's (`src/drivers/visitors`). */
export interface VisitSample {
  readonly elapsedMs: number;
  readonly requests: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
  /** Requests that have no answer yet. */
  readonly waiting: number;
  readonly lastFailure?: string;
}

/** Everything of the machine that the CLI uses besides its standard streams. Made in `src/main/cli-ports.ts`. */
export interface CliPorts {
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: CliFiles;
  readonly objectFiles: CliObjectFiles;
  readonly homeDirectory: string;
  readonly hostname: string;
  readonly packages: CliPackages;
  readonly packageTools: CliPackageTools;
  readonly kernelTools: CliKernelTools;
  bind(binding: CliBinding): CliFetch;
  /** Opens `ws://` or `wss://`. Throws the `VdcError` that the server refuses with, and `unreachable`. */
  openSocket(
    binding: CliBinding,
    url: string,
    options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ): Promise<CliSocket>;
  /** Real requests to an app, a sample a second, until the time is over or the signal aborts. */
  visit(
    visit: {
      readonly url: string;
      readonly requestsPerSecond: number;
      readonly durationMs: number;
      /** Connections kept open to event streams. */
      readonly streams: number;
    },
    signal: AbortSignal,
  ): AsyncIterable<VisitSample>;
  /** Shows an address in the person's browser; false where there is none. */
  openInBrowser(url: string): Promise<boolean>;
  /** SHA-256 (hex) of the certificate that an https address shows, and whether authorities vouch for it. */
  certificate(
    url: string,
    signal: AbortSignal,
  ): Promise<{ readonly sha256: string; readonly trusted: boolean }>;
  /** The control socket of a data directory; of the default one when none is given. */
  controlSocket(dataDirectory: string | undefined): string;
}
