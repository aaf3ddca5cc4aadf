import { MachinePressure } from "../engine/machine-pressure.ts";
import type { JoinAnswer, JoinMessage } from "./join-worker.ts";

export interface JoinedOptions {
  readonly name: string;
  readonly slots: number;
  readonly project: string;
  readonly job: string;
  readonly onState: (state: JoinedState) => void;
}

export interface JoinedState {
  readonly state: "connecting" | "working" | "away" | "ended";
  /** Tasks that were done here. */
  readonly done: number;
  readonly isPressed: boolean;
  readonly reason: string;
}

/**
 * This page working along at its own job. Under pressure its waiting tasks go back to the others, and come again when the machine is quiet; a page that is frozen gives back
 * everything first.
 */
export class Joined implements Disposable {
  readonly #worker = new Worker(new URL("join-worker.ts", import.meta.url), { type: "module" });
  readonly #pressure: MachinePressure;
  readonly #options: JoinedOptions;
  #state: JoinedState = { state: "connecting", done: 0, isPressed: false, reason: "" };

  constructor(options: JoinedOptions) {
    this.#options = options;
    const { name, slots, project, job } = options;
    this.#worker.addEventListener("message", ({ data }: MessageEvent<JoinAnswer>) => this.#take(data));
    this.#worker.addEventListener("error", () => this.#show({ state: "ended", reason: "Its thread broke." }));
    this.#send({ kind: "join", name, slots, project, job });
    this.#pressure = new MachinePressure((state, isPressed) => {
      this.#send({ kind: "pressure", state });
      if (isPressed !== this.#state.isPressed) this.#show({ isPressed });
    });
    document.addEventListener("freeze", this.#suspend);
    window.addEventListener("pagehide", this.#suspend);
    document.addEventListener("resume", this.#resume);
    window.addEventListener("pageshow", this.#resume);
  }

  /** What runs here is finished, and nothing new begun. */
  leave(): void {
    this.#send({ kind: "leave" });
  }

  [Symbol.dispose](): void {
    document.removeEventListener("freeze", this.#suspend);
    window.removeEventListener("pagehide", this.#suspend);
    document.removeEventListener("resume", this.#resume);
    window.removeEventListener("pageshow", this.#resume);
    this.#pressure[Symbol.dispose]();
    this.#worker.terminate();
  }

  readonly #suspend = (): void => this.#send({ kind: "suspend" });
  readonly #resume = (): void => this.#send({ kind: "resume" });

  #send(message: JoinMessage): void {
    this.#worker.postMessage(message, { transfer: [] });
  }

  #take(answer: JoinAnswer): void {
    if (answer.kind === "ended") return this.#show({ state: "ended", reason: answer.reason });
    const { event } = answer;
    if (event.type === "connected") this.#show({ state: "working", reason: "" });
    else if (event.type === "disconnected") this.#show({ state: "away", reason: event.reason });
    else if (event.type === "finished" && event.elapsedMs !== undefined) {
      this.#pressure.done(event.fn, event.cost, event.elapsedMs);
      this.#show({ done: this.#state.done + 1 });
    }
  }

  #show(part: Partial<JoinedState>): void {
    this.#state = { ...this.#state, ...part };
    this.#options.onState(this.#state);
  }
}
