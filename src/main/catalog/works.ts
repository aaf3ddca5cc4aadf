import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { WorkKind, WorkView } from "#objects/admin.ts";
import type { WorkProgress, Works } from "#objects/care/care-ports.ts";

/** Works that have ended and are still shown. */
const endedMax = 20;

/** Runs works, one of a kind at a time. */
export class WorkRunner {
  readonly #works: Works;
  readonly #ports: { readonly clock: Clock; readonly random: Random; readonly log: Log };
  readonly #running = new Map<string, { view: WorkView; readonly stop: AbortController }>();
  #ended: WorkView[] = [];

  constructor(works: Works, ports: { readonly clock: Clock; readonly random: Random; readonly log: Log }) {
    this.#works = works;
    this.#ports = ports;
  }

  views(): readonly WorkView[] {
    return [...Array.from(this.#running.values(), ({ view }) => view), ...this.#ended];
  }

  /** Throws `VdcError` busy while one of its kind runs. */
  start(kind: WorkKind, drive: number | undefined): WorkView {
    const work = this.#works[kind];
    if (work === undefined) throw new VdcError("unsupported", `this store cannot do ${kind} yet`);
    const same = this.#running.values().find(({ view }) => view.work === kind);
    if (same !== undefined) throw new VdcError("busy", `${kind} runs already`);
    const { clock, random, log } = this.#ports;
    const id = Buffer.from(random.bytes(8)).toString("hex");
    const stop = new AbortController();
    const about = drive === undefined ? {} : { drive };
    const none = { doneItems: 0, totalItems: 0, doneBytes: 0, totalBytes: 0 };
    const view: WorkView = { id, work: kind, ...about, state: "running", startedAt: clock.now(), ...none };
    const running = { view, stop };
    this.#running.set(id, running);
    const progress = (now: WorkProgress) => (running.view = { ...running.view, ...now });
    const end = (state: WorkView["state"], message: string) => {
      this.#running.delete(id);
      const ended = { ...running.view, state, endedAt: clock.now(), message };
      this.#ended = [ended, ...this.#ended].slice(0, endedMax);
    };
    work({ ...about, signal: stop.signal, progress }).then(
      (message) => end("done", message),
      (error: unknown) => {
        if (stop.signal.aborted) return end("cancelled", "it was cancelled");
        log.error("catalog.work.failed", { work: kind, error });
        end("failed", error instanceof Error ? error.message : String(error));
      },
    );
    return running.view;
  }

  cancel(id: string): void {
    this.#running.get(id)?.stop.abort();
  }
}
