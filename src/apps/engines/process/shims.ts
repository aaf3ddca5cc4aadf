import { VdcError } from "#api/errors.ts";
import type { InstanceObservation } from "#apps/engine.ts";
import type { ShimRun, ShimState } from "#apps/engines/process/protocol.ts";
import { ShimLink } from "#apps/engines/process/shim-link.ts";
import {
  readJson,
  removeFile,
  spawnDetached,
  writeJson,
  type InstanceFolder,
  type InstanceFolders,
} from "#drivers/instance-folders/instance-folders.ts";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";

/** How the shim's program is started. */
export interface ShimProgram {
  readonly words: readonly string[];
  /** Its whole environment: nothing of ours. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ShimsOptions {
  readonly folders: InstanceFolders;
  readonly program: ShimProgram;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: (id: string) => void;
}

const startWithinMs = 10_000;
/** When ours ended at once: how long another one may take to listen. */
const otherShimMs = 3_000;
const connectEveryMs = 5;
/** A shim that says goodbye is gone within this. */
const goodbyeMs = 3_000;
/** A shim that is killed again and again is started again at this pace. */
const reviveAfterMs = { first: 100, again: 5_000 } as const;
const reviveMemoryMs = 60_000;

/**
 * All shims of one data directory: links to those that live, state files of those that do not. One that died while its instance
 * is wanted is started again from its run file, by whichever engine sees it first: the shims' lock lets only one hold.
 */
export class Shims {
  readonly #options: ShimsOptions;
  readonly #links = new Map<string, ShimLink>();
  readonly #opening = new Map<string, Promise<ShimLink | undefined>>();
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #revivedAt = new Map<string, number>();
  #isClosed = false;

  constructor(options: ShimsOptions) {
    this.#options = options;
  }

  /** Finds everything that was ever started here, and starts again what is wanted and has no shim. */
  async open(): Promise<void> {
    await Promise.all(
      this.#options.folders.ids().map(async (id) => {
        if ((await this.link(id)) === undefined) this.#reviveLater(id);
      }),
    );
  }

  close(): void {
    this.#isClosed = true;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  /** One after the other for each instance: starts, stops and removals do not cross. */
  async inTurn<T>(id: string, run: () => Promise<T>): Promise<T> {
    const before = this.#lines.get(id) ?? Promise.resolve();
    const mine = before.then(run, run);
    this.#lines.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.#lines.get(id) === mine) this.#lines.delete(id);
    }
  }

  /** The living shim of an instance; undefined when there is none. */
  async link(id: string): Promise<ShimLink | undefined> {
    const known = this.#links.get(id);
    if (known?.isOpen === true) return known;
    const opening = this.#opening.get(id) ?? this.#connect(id);
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
  }

  /** What the shim wrote down last; undefined when it never did. */
  state(id: string): ShimState | undefined {
    return readJson(this.#options.folders.of(id).stateFile) as ShimState | undefined; // written by shims alone
  }

  run(id: string): ShimRun<SandboxFacts> | undefined {
    return readJson(this.#options.folders.of(id).runFile) as ShimRun<SandboxFacts> | undefined; // written by `launch`
  }

  /** Notes that an instance without a shim is not to come back. */
  forgetWish(id: string): void {
    const state = this.state(id);
    if (state?.wanted !== true) return;
    const { pid: _pid, usage: _usage, nextStartAt: _next, readyAt: _ready, ...rest } = state.observation;
    const observation: InstanceObservation = { ...rest, phase: "stopped" };
    writeJson(this.#options.folders.of(id).stateFile, { ...state, wanted: false, observation });
    this.#options.onChange(id);
  }

  /** Writes the run and starts a shim on it. */
  async launch(folder: InstanceFolder, held: ShimRun<SandboxFacts>): Promise<void> {
    // What an earlier life ended with is nothing to this one, and would look like its own end.
    if (this.state(folder.id)?.wanted === false) removeFile(folder.stateFile);
    writeJson(folder.runFile, held);
    await this.#spawn(folder);
  }

  /** Waits until a shim that has done its work is gone. */
  async gone(link: ShimLink): Promise<void> {
    await Promise.race([link.closed, this.#options.clock.sleep(goodbyeMs)]);
    link.close();
  }

  /** Resolves when the shim holds its instance, or has seen it end for good already. */
  async #spawn(folder: InstanceFolder): Promise<void> {
    const { program, clock } = this.#options;
    const shim = await spawnDetached(
      [...program.words, folder.directory],
      program.environment,
      `${folder.directory}/shim.log`,
    );
    const isOurs = { over: false };
    let end = clock.monotonic() + startWithinMs;
    // Bounded by the time a shim may take; one that ended because another holds the lock leaves us that one.
    for (;;) {
      if ((await this.link(folder.id)) !== undefined) return;
      if (shim.hasEnded() && this.state(folder.id)?.wanted === false)
        return this.#options.onChange(folder.id);
      // Another engine's shim may hold the lock and be about to listen.
      if (shim.hasEnded() && !isOurs.over) {
        isOurs.over = true;
        end = Math.min(end, clock.monotonic() + otherShimMs);
      }
      if (clock.monotonic() > end)
        throw new VdcError("unavailable", `the shim of ${folder.id} did not start; its shim.log says why`);
      await clock.sleep(connectEveryMs);
    }
  }

  async #connect(id: string): Promise<ShimLink | undefined> {
    const { clock, folders, onChange } = this.#options;
    const link = await ShimLink.open(folders.of(id).socket, clock, () => onChange(id));
    if (link === undefined) return undefined;
    this.#links.set(id, link);
    background(this.#afterwards(id, link), "apps.shim.closed", this.#options.log);
    onChange(id);
    return link;
  }

  async #afterwards(id: string, link: ShimLink): Promise<void> {
    await link.closed;
    if (this.#links.get(id) === link) this.#links.delete(id);
    this.#options.onChange(id);
    this.#reviveLater(id);
  }

  #reviveLater(id: string): void {
    const { clock, log } = this.#options;
    if (this.#isClosed || this.state(id)?.wanted !== true) return;
    const last = this.#revivedAt.get(id) ?? Number.NEGATIVE_INFINITY;
    const isAgain = clock.monotonic() - last < reviveMemoryMs;
    clock.after(isAgain ? reviveAfterMs.again : reviveAfterMs.first, () => {
      background(
        this.inTurn(id, async () => await this.#revive(id)),
        "apps.shim.revive",
        log,
      );
    });
  }

  async #revive(id: string): Promise<void> {
    const { clock, folders, log } = this.#options;
    if (this.#isClosed || this.state(id)?.wanted !== true || this.run(id) === undefined) return;
    if ((await this.link(id)) !== undefined) return;
    this.#revivedAt.set(id, clock.monotonic());
    log.warn("apps.shim.revived", { instance: id });
    await this.#spawn(folders.of(id));
  }
}
