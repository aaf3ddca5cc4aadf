import type { KindRegistry } from "#api/kinds.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";

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

/** Everything of the machine that the CLI uses besides its standard streams. Made in `src/main/cli-ports.ts`. */
export interface CliPorts {
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: CliFiles;
  readonly homeDirectory: string;
  readonly hostname: string;
  bind(binding: CliBinding): CliFetch;
  /** SHA-256 (hex) of the certificate that an https address shows, and whether authorities vouch for it. */
  certificate(
    url: string,
    signal: AbortSignal,
  ): Promise<{ readonly sha256: string; readonly trusted: boolean }>;
  /** The control socket of a data directory; of the default one when none is given. */
  controlSocket(dataDirectory: string | undefined): string;
}
