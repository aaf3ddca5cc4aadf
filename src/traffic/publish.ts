import type { Clock } from "#lib/clock.ts";
import { checksumOf, openSnapshot, sealSnapshot } from "./sealed-snapshot.ts";
import { snapshotContentSchema, type SnapshotContent } from "./snapshot.ts";

/** What publishing needs of the machine; `src/main` fills it. */
export interface PublishPorts {
  /** The published file; undefined when there is none. */
  readSnapshot(): Promise<string | undefined>;
  /** Replaces it whole or not at all, for its owner's eyes only, and on disk when it resolves. */
  writeSnapshot(text: string): Promise<void>;
  /**
   * Tells every gateway of this machine to read the file now; resolves with whether all that live have it. One that starts
   * later reads the file by itself. Bounded in time; does not throw.
   */
  notify(version: number, signal: AbortSignal): Promise<boolean>;
}

/** What stands, as far as this process knows. */
export interface Published {
  readonly version: number;
  /** Undefined when there is none, or none that can be trusted: whatever comes is published. */
  readonly checksum: string | undefined;
  /** Whether the gateways were told of it by this process. */
  readonly announced: boolean;
}

/** The one place that writes the snapshot. Its version grows with every change of the content, also across restarts. */
export interface Publisher {
  read(): Promise<Published>;
  publish(content: SnapshotContent, signal: AbortSignal): Promise<void>;
  /** Tells the gateways again of what stands. */
  announce(signal: AbortSignal): Promise<void>;
  /** Whether every gateway answers these challenges, by their tokens, as far as this process has told them. */
  answers(tokens: readonly string[]): boolean;
}

/** How long what was read of the file is believed: nobody else writes it, but somebody may remove it. */
const believedMs = 30_000;

export function createPublisher(options: { readonly ports: PublishPorts; readonly clock: Clock }): Publisher {
  const { ports, clock } = options;
  let known: (Omit<Published, "announced"> & { readonly atMs: number }) | undefined;
  let announcedVersion = 0;
  let publishedTokens: ReadonlySet<string> = new Set();

  const read = async (): Promise<Published> => {
    if (known === undefined || clock.monotonic() - known.atMs > believedMs)
      known = { ...(await standing(ports, clock)), atMs: clock.monotonic() };
    const { version, checksum } = known;
    return { version, checksum, announced: announcedVersion === version };
  };
  const announce = async (signal: AbortSignal): Promise<void> => {
    const { version } = await read();
    if (await ports.notify(version, signal)) announcedVersion = version;
  };
  return {
    read,
    announce,
    publish: async (content, signal) => {
      const { version: before } = await read();
      // A codec asserts before it writes: what a gateway would refuse never replaces what it can use.
      const checked = snapshotContentSchema.parse(content);
      const checksum = checksumOf(checked);
      const version = before + 1;
      const snapshot = sealSnapshot(checked, { version, checksum, now: clock.now() });
      known = undefined; // until the file is there, nothing is known of it
      await ports.writeSnapshot(JSON.stringify(snapshot));
      known = { version, checksum, atMs: clock.monotonic() };
      publishedTokens = new Set(checked.challenges.map(({ token }) => token));
      await announce(signal);
    },
    answers: (tokens) =>
      known?.version === announcedVersion && tokens.every((token) => publishedTokens.has(token)),
  };
}

async function standing(ports: PublishPorts, clock: Clock): Promise<Omit<Published, "announced">> {
  const text = await ports.readSnapshot();
  // Versions must grow though the file that held them is lost: seconds since the epoch are above every counter.
  const lost = { version: Math.floor(clock.now() / 1000), checksum: undefined };
  if (text === undefined) return lost;
  const { snapshot } = openSnapshot(text);
  return snapshot === undefined ? lost : { version: snapshot.version, checksum: snapshot.checksum };
}
