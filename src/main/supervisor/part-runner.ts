import { assert } from "#lib/assert.ts";
import { backoffMs } from "#lib/backoff.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import {
  adoptProcess,
  spawnProcess,
  type ProcessEnd,
  type RunningProcess,
} from "#drivers/process/running.ts";
import { treeMemoryBytes } from "#drivers/process/memory.ts";
import { tailOfLog } from "#main/supervisor/part-log.ts";
import {
  PartFailure,
  type PartEvent,
  type PartReport,
  type PartState,
  type PartStatus,
  type ProcessPart,
} from "#main/supervisor/part.ts";

const backoff = { baseMs: 250, maxMs: 30_000 } as const;
/** A part that was ready this long has recovered: the next failure counts as its first. */
const stableAfterMs = 60_000;
/** From this many failures in a row on, the end of the log is shown. */
const failuresBeforeTail = 3;
const tailLines = 12;
/** A process may end right after its last message: the message may still be on its way. */
const lastMessageMs = 100;

interface Down {
  readonly reason: string;
  readonly remedy?: string;
  readonly permanent: boolean;
  /** How long it had been ready; 0 when it never was. */
  readonly readyForMs: number;
}

export interface RunnerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logFile: string;
  /** A first start that is not ready by then is given up. */
  readonly firstReadyWithinMs: number;
  readonly onEvent: (event: PartEvent) => void;
}

/** Keeps one process running: start, wait until ready, watch, start again with backoff. One loop for first start and recovery. */
export class PartRunner {
  readonly part: ProcessPart;
  readonly #options: RunnerOptions;
  #state: PartState = "starting";
  #since: string;
  #note: string | undefined;
  #restarts = 0;
  #readyOnce = false;
  #process: RunningProcess | undefined;
  #stopping = false;
  #restartAsked = false;
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  #first = Promise.withResolvers<PartReport>();
  /** What a caller of restart() waits for; absent when nobody does. */
  #next: PromiseWithResolvers<PartReport> | undefined;
  #replacing: Promise<PartReport> | undefined;
  /** Resolves when another process has taken the place of the one that is watched. */
  #replaced = Promise.withResolvers<undefined>();

  constructor(part: ProcessPart, options: RunnerOptions) {
    this.part = part;
    this.#options = options;
    this.#since = isoTime(options.clock.now());
  }

  /** Settles when the part is ready for the first time; rejects with `PartFailure` when it cannot be. */
  async start(): Promise<PartReport> {
    this.#loop ??= this.#run();
    return await this.#first.promise;
  }

  /** Replaces the process, or ends it and starts it again without backoff; settles when it is ready, rejects when that failed. */
  async restart(): Promise<PartReport> {
    if (this.part.replace !== undefined && this.#process !== undefined && this.#state === "ready")
      return await (this.#replacing ??= this.#replace(this.#process).finally(
        () => (this.#replacing = undefined),
      ));
    this.#restartAsked = true;
    this.#next = Promise.withResolvers<PartReport>();
    const next = this.#next.promise;
    this.#wake.abort();
    if (this.#process !== undefined) await this.#end(this.#process);
    return await next;
  }

  /** Ends the process for good; safe twice and at any time. */
  async stop(): Promise<void> {
    if (this.#loop === undefined) return;
    const begun = this.#options.clock.monotonic();
    const first = !this.#stopping;
    this.#stopping = true;
    this.#wake.abort();
    await this.#replacing?.catch(() => undefined); // whoever asked for it is told; whatever it left is ended below
    const forced = this.#process === undefined ? false : await this.#end(this.#process);
    await this.#loop;
    await this.part.sweep?.();
    this.#set("stopped");
    const elapsedMs = this.#options.clock.monotonic() - begun;
    if (first) this.#options.onEvent({ type: "stopped", part: this.part.name, elapsedMs, forced });
  }

  /** Ends the process by its last signal, without patience. */
  stopAtOnce(): void {
    this.#process?.kill(this.part.stop.at(-1)?.signal === "SIGQUIT" ? "SIGQUIT" : "SIGKILL");
  }

  status(): PartStatus {
    const pid = this.#process?.identity.pid;
    return {
      name: this.part.name,
      state: this.#state,
      since: this.#since,
      restarts: this.#restarts,
      ...(pid === undefined ? {} : { pid, residentBytes: treeMemoryBytes(pid) }),
      ...(this.#note === undefined ? {} : { note: this.#note }),
    };
  }

  async #run(): Promise<void> {
    const { clock, random, onEvent, firstReadyWithinMs } = this.#options;
    const giveUpAt = clock.monotonic() + firstReadyWithinMs;
    let failures = 0;
    // Bounded by stop(): keeping a part running is what a supervisor is for.
    while (!this.#stopping) {
      this.#wake = new AbortController();
      const down = await this.#once();
      this.#process = undefined;
      this.#note = undefined;
      if (this.#stopping) break;
      this.#restarts += 1;
      if (this.#restartAsked) {
        this.#restartAsked = false;
        failures = 0;
        continue;
      }
      const { retry, stableAfterMs: stableMs } = this.part.restarts ?? { retry: backoff, stableAfterMs };
      failures = down.readyForMs >= stableMs ? 1 : failures + 1;
      const failure = new PartFailure(down.reason, {
        permanent: down.permanent,
        ...(down.remedy === undefined ? {} : { remedy: down.remedy }),
      });
      this.#next?.reject(failure);
      const givenUp = !this.#readyOnce && (down.permanent || clock.monotonic() > giveUpAt);
      const retryInMs = backoffMs(failures - 1, retry, random);
      const tail =
        givenUp || failures >= failuresBeforeTail ? tailOfLog(this.#options.logFile, tailLines) : [];
      const remedy = down.remedy === undefined ? {} : { remedy: down.remedy };
      this.#set(failures >= failuresBeforeTail || givenUp ? "failed" : "restarting");
      onEvent({
        type: "down",
        part: this.part.name,
        reason: down.reason,
        ...remedy,
        failures,
        tail,
        ...(givenUp ? {} : { retryInMs }),
      });
      if (givenUp) {
        this.#first.reject(failure);
        return;
      }
      await this.#pause(retryInMs);
    }
    this.#first.reject(new PartFailure("it was stopped while starting", { permanent: true }));
    this.#next?.reject(new PartFailure("it was stopped", { permanent: true }));
  }

  /** One life of the process, from its preparation to its end. */
  async #once(): Promise<Down> {
    const { clock, onEvent, logFile } = this.#options;
    const begun = clock.monotonic();
    this.#set("starting");
    const patience = new AbortController();
    try {
      await this.part.prepare?.();
      if (this.#stopping) return { reason: "stopped", permanent: false, readyForMs: 0 };
      const left = this.part.adopt?.();
      const process =
        left === undefined ? await spawnProcess(this.part.launch(), logFile) : adoptProcess(left, clock);
      this.#process = process;
      // A stop or restart that came while we were preparing found no process to end.
      if (this.#stopping || this.#restartAsked) await this.#end(process);
      const report = await this.#untilReady(process, patience.signal);
      const readyAt = clock.monotonic();
      this.#note = report.note;
      this.#set("ready");
      onEvent({
        type: "ready",
        part: this.part.name,
        elapsedMs: readyAt - begun,
        report,
        again: this.#readyOnce,
      });
      this.#readyOnce = true;
      this.#first.resolve(report);
      this.#next?.resolve(report);
      const end = await this.#untilEnded(process);
      return { reason: describeEnd(end), permanent: false, readyForMs: clock.monotonic() - readyAt };
    } catch (error) {
      if (this.#process !== undefined) await this.#end(this.#process);
      if (error instanceof PartFailure) {
        return {
          reason: error.message,
          permanent: error.permanent,
          readyForMs: 0,
          ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        };
      }
      // Nearly always a program or folder that is not there: the system's own words help most.
      return {
        reason: error instanceof Error ? error.message : String(error),
        permanent: false,
        readyForMs: 0,
      };
    } finally {
      patience.abort();
    }
  }

  /** Until the end of the process, or of the last of those that replaced it. */
  async #untilEnded(first: RunningProcess): Promise<ProcessEnd> {
    let current = first;
    // Bounded by the life of the part.
    for (;;) {
      const end = await Promise.race([current.ended, this.#replaced.promise]);
      // It may end so soon after it gave way that we hear of the end first.
      if (end !== undefined) await this.#replacing?.catch(() => undefined); // then the end is the end
      if (this.#process === current || this.#process === undefined) return end ?? {};
      current = this.#process;
      this.#replaced = Promise.withResolvers();
    }
  }

  async #replace(old: RunningProcess): Promise<PartReport> {
    const { clock, onEvent } = this.#options;
    assert(this.part.replace !== undefined, "only a part that can be replaced is");
    const begun = clock.monotonic();
    const identity = await this.part.replace(old, this.#wake.signal);
    this.#process = adoptProcess(identity, clock);
    this.#replaced.resolve(undefined);
    this.#restarts += 1;
    this.#set("ready");
    const report = { note: "handed over" };
    const elapsedMs = clock.monotonic() - begun;
    onEvent({ type: "ready", part: this.part.name, elapsedMs, report, again: true });
    return report;
  }

  async #untilReady(process: RunningProcess, signal: AbortSignal): Promise<PartReport> {
    const { clock } = this.#options;
    const { readyWithinMs } = this.part;
    const ready = this.part.ready(process, signal);
    const deadAsWell = process.ended.then(async (end) => {
      await Promise.race([ready, clock.sleep(lastMessageMs)]);
      throw new PartFailure(describeEnd(end), { permanent: false });
    });
    const late = clock.sleep(readyWithinMs, signal).then(() => {
      throw new PartFailure(`it was not ready within ${readyWithinMs / 1000} s`, { permanent: false });
    });
    late.catch(() => undefined); // loses the race whenever the part is ready in time
    deadAsWell.catch(() => undefined); // every process ends one day
    return await Promise.race([ready, deadAsWell, late]);
  }

  /** True when it had to be killed. */
  async #end(process: RunningProcess): Promise<boolean> {
    const { clock } = this.#options;
    for (const { signal, withinMs } of this.part.stop) {
      if (!process.kill(signal)) break;
      const timer = new AbortController();
      const late = clock.sleep(withinMs, timer.signal).then(
        () => true,
        () => false,
      ); // aborted: it ended in time
      const isLate = await Promise.race([late, process.ended.then(() => false)]);
      timer.abort();
      if (!isLate) return false;
    }
    const forced = process.kill("SIGKILL");
    await process.ended;
    return forced;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#restartAsked || this.#stopping) return;
    await this.#options.clock.sleep(ms, this.#wake.signal).catch(() => undefined); // woken early by restart() or stop()
    this.#restartAsked = false;
  }

  #set(state: PartState): void {
    this.#state = state;
    this.#since = isoTime(this.#options.clock.now());
  }
}

function describeEnd(end: ProcessEnd): string {
  if (end.signal !== undefined) return `it was ended by ${end.signal}`;
  if (end.code !== undefined) return `it ended with status ${end.code}`;
  return "it ended";
}
