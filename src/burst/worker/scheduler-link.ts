import {
  protocolLimits,
  schedulerMessageSchema,
  type SchedulerMessage,
  type WorkerMessage,
} from "#api/burst-protocol.ts";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import { workerLimits } from "./limits.ts";
import type { WorkerSocket } from "./ports.ts";

type Addresses = Extract<SchedulerMessage, { readonly type: "addresses" }>;
type PackageAnswer = Extract<SchedulerMessage, { readonly type: "package" }>;
export interface AddressesWanted {
  readonly job: string;
  readonly get: readonly string[];
  readonly put: readonly { readonly blob: string; readonly bytes: number }[];
}

interface Question<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: Error) => void;
}

/** What the worker asks and tells the scheduler, over whichever connection there is at the moment. A question ends with the connection that it was asked on. */
export class SchedulerLink {
  readonly #clock: Pick<Clock, "after">;
  #socket: WorkerSocket | undefined;
  #attached = Promise.withResolvers<void>();
  #lastId = 0;
  readonly #addresses = new Map<number, Question<Addresses>>();
  readonly #packages = new Map<string, Question<PackageAnswer>[]>();

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  attach(socket: WorkerSocket): void {
    this.#socket = socket;
    this.#attached.resolve();
  }

  detach(): void {
    this.#socket = undefined;
    this.#attached = Promise.withResolvers();
    this.#loseQuestions();
  }

  /** Resolves when it has left; false when there is no connection. */
  async send(message: WorkerMessage): Promise<boolean> {
    const socket = this.#socket;
    if (socket === undefined) return false;
    await socket.send(JSON.stringify(message));
    return this.#socket === socket;
  }

  async addresses({ job, get, put }: AddressesWanted): Promise<Addresses> {
    this.#lastId += 1;
    const id = this.#lastId;
    if (this.#addresses.size >= workerLimits.maxQuestions)
      throw new VdcError("unavailable", "Too many questions to the scheduler are open.");
    const answer = this.#ask<Addresses>(
      (question) => this.#addresses.set(id, question),
      () => this.#addresses.delete(id),
    );
    return await this.#afterSending({ type: "addresses", id, job, get: [...get], put: [...put] }, answer);
  }

  async package(hash: string): Promise<PackageAnswer> {
    const answer = this.#ask<PackageAnswer>(
      (question) => this.#packages.set(hash, [...(this.#packages.get(hash) ?? []), question]),
      () => this.#packages.delete(hash),
    );
    return await this.#afterSending({ type: "package", package: hash }, answer);
  }

  /** Takes answers; true when the message was one. */
  settle(message: SchedulerMessage): boolean {
    if (message.type === "addresses") {
      this.#addresses.get(message.id)?.resolve(message);
      this.#addresses.delete(message.id);
      return true;
    }
    if (message.type !== "package") return false;
    for (const { resolve } of this.#packages.get(message.package) ?? []) resolve(message);
    this.#packages.delete(message.package);
    return true;
  }

  #loseQuestions(): void {
    const lost = new VdcError("unreachable", "The connection to the scheduler is lost.");
    for (const { reject } of this.#addresses.values()) reject(lost);
    for (const { reject } of [...this.#packages.values()].flat()) reject(lost);
    this.#addresses.clear();
    this.#packages.clear();
  }

  async #ask<T>(keep: (question: Question<T>) => void, forget: () => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    keep({ resolve, reject });
    using _timer = this.#clock.after(workerLimits.answerMs, () => {
      forget();
      reject(new VdcError("unreachable", "The scheduler did not answer."));
    });
    return await promise;
  }

  async #afterSending<T>(message: WorkerMessage, answer: Promise<T>): Promise<T> {
    const [said] = await Promise.all([answer, this.#sendWhenAttached(message)]);
    return said;
  }

  /** Without a connection it waits for the next one, as long as an answer may take. */
  async #sendWhenAttached(message: WorkerMessage): Promise<void> {
    await this.#attached.promise;
    if (!(await this.send(message))) this.#loseQuestions();
  }
}

/** What the scheduler said; undefined when it is none of its words. */
export function readSchedulerMessage(raw: string | Uint8Array): SchedulerMessage | undefined {
  if (typeof raw !== "string" || raw.length > protocolLimits.maxMessageBytes) return undefined;
  try {
    return schedulerMessageSchema.safeParse(JSON.parse(raw)).data;
  } catch {
    return undefined; // no JSON: no message
  }
}
