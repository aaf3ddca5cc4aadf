import { open, stat, type FileHandle } from "node:fs/promises";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { SnapshotContent } from "#traffic/snapshot.ts";

/** A larger file is refused unread. 20,000 routes with their pools are about 40 MB. */
const maxSnapshotBytes = 64 * 1024 * 1024;
const pollMs = 1_000;

export interface SnapshotState {
  /** 0 before the first. */
  readonly version: number;
  /** Why a newer one was refused. */
  readonly error?: string;
}

export interface SnapshotSourceOptions {
  readonly file: string;
  /** Throws when the content makes no sense; the old one stays then. */
  readonly apply: (content: SnapshotContent) => void | Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The published snapshot, read whenever it changes. One that cannot be used leaves the one in use alone, and says why. Neither
 * control nor a database has a part in this: it is what makes a gateway stand by itself.
 */
export class SnapshotSource {
  readonly #options: SnapshotSourceOptions;
  #state: SnapshotState = { version: 0 };
  /** Names the file that was read last; replacing it changes this. */
  #seen = "";
  #reading: Promise<SnapshotState> | undefined;
  #again: Promise<SnapshotState> | undefined;
  #timer: Disposable | undefined;
  #stopped = false;

  constructor(options: SnapshotSourceOptions) {
    this.#options = options;
  }

  get state(): SnapshotState {
    return this.#state;
  }

  /** Reads what is there, and from then on what replaces it. */
  async start(): Promise<void> {
    await this.refresh();
    this.#pollNext();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** Reads the file if it is another one than before. Callers at the same time share a reading that began after they asked. */
  async refresh(): Promise<SnapshotState> {
    if (this.#reading === undefined) {
      this.#reading = this.#read().finally(() => (this.#reading = undefined));
      return await this.#reading;
    }
    this.#again ??= this.#reading.then(async () => {
      this.#again = undefined;
      return await this.refresh();
    });
    return await this.#again;
  }

  #pollNext(): void {
    if (this.#stopped) return;
    const { clock, log } = this.#options;
    this.#timer = clock.after(pollMs, () => {
      background(
        this.refresh().finally(() => this.#pollNext()),
        "gateway.snapshot.poll",
        log,
      );
    });
  }

  async #read(): Promise<SnapshotState> {
    const { file, log } = this.#options;
    try {
      const facts = await stat(file, { bigint: true });
      const seen = `${facts.ino}-${facts.mtimeNs}-${facts.size}`;
      if (seen === this.#seen) return this.#state;
      this.#seen = seen;
      await this.#take(await readBounded(file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return this.#state; // nothing was published yet
      const why = error instanceof Error ? error.message : String(error);
      this.#state = { ...this.#state, error: why };
      log.error("gateway.snapshot.refused", { version: this.#state.version, error });
    }
    return this.#state;
  }

  async #take(text: string): Promise<void> {
    const { apply, clock, log } = this.#options;
    const begun = clock.monotonic();
    const { verifySnapshot } = await import("./snapshot-verify.ts"); // zod, which a gateway without a snapshot does not need
    const verified = await verifySnapshot(text, clock);
    if (!verified.ok) throw new Error(verified.why);
    const { version, content } = verified.snapshot;
    if (version === this.#state.version && this.#state.error === undefined) return;
    await apply(content);
    this.#state = { version };
    log.info("gateway.snapshot.applied", { version, ms: Math.round(clock.monotonic() - begun) });
  }
}

async function readBounded(file: string): Promise<string> {
  await using handle = await open(file, "r");
  const { size } = await (handle satisfies FileHandle).stat();
  if (size > maxSnapshotBytes) throw new Error(`it has ${size} bytes; at most ${maxSnapshotBytes} are read`);
  return await handle.readFile("utf8");
}
