import { hash } from "node:crypto";
import {
  protocolLimits,
  workerMessageSchema,
  type Lease,
  type Output,
  type SchedulerMessage,
  type WorkerMessage,
} from "#api/burst-protocol.ts";
import { background } from "#lib/background.ts";
import type { Grant } from "../run/grants.ts";
import { readLease } from "../run/lease-name.ts";
import { runLimits } from "../run/limits.ts";
import type { WorkerResult } from "../run/run-events.ts";
import type { Trust, WorkerState } from "../run/worker-state.ts";
import type { Leading, WorkerEnd } from "./leading.ts";
import { schedulerLimits } from "./limits.ts";
import type { PackageFiles } from "./package-files.ts";
import { Throttle } from "./throttle.ts";

/** One end of a worker's WebSocket. */
export interface WorkerPeer {
  readonly signal: AbortSignal;
  readonly messages: AsyncIterable<
    { readonly type: "text"; readonly text: string } | { readonly type: "bytes" }
  >;
  sendText(text: string): Promise<void>;
}

/** Who the credential says that it is. */
export interface WorkerRights {
  /** Names the person or service behind it. */
  readonly who: string;
  /** Whom a worker works for that names no project and may not work for all: the only one of whose operators it is. */
  readonly onlyProject?: string | undefined;
  /** The trust that it has for jobs of this project, or of all when absent; undefined when it may not work for them. */
  trust(project: string | undefined): Trust | undefined;
}

type Said<Type extends WorkerMessage["type"]> = Extract<WorkerMessage, { readonly type: Type }>;

/** One worker's connection: checks what it says, and puts addresses to what it is given. */
export class WorkerSession implements WorkerEnd {
  readonly #leading: Leading;
  readonly #peer: WorkerPeer;
  readonly #packages: PackageFiles;
  #worker: WorkerState | undefined;
  /** What is to be sent, one after the other: addresses take time, and a revocation must not overtake its lease. */
  #sending: Promise<void> = Promise.resolve();
  #over = Promise.withResolvers<void>();

  constructor(leading: Leading, peer: WorkerPeer, packages: PackageFiles) {
    this.#leading = leading;
    this.#peer = peer;
    this.#packages = packages;
  }

  /** Until either side ends it, or it says something that makes no sense. */
  async run(rights: WorkerRights): Promise<void> {
    using _hello = this.#leading.parts.clock.after(schedulerLimits.helloMs, () => {
      // Closed without a word: a worker whose network is slow tries again, one that is refused does not.
      if (this.#worker === undefined) this.#over.resolve();
    });
    try {
      await Promise.race([this.#read(rights), this.#over.promise]);
      await this.#sending;
    } finally {
      if (this.#worker !== undefined) {
        this.#leading.ends.delete(this.#worker.id);
        this.#leading.run.leave(this.#worker, this.#leading.now);
        this.#leading.wake();
      }
    }
  }

  granted(grants: readonly Grant[]): void {
    this.#queue(async () => {
      try {
        for (const text of await this.#leases(grants)) await this.#peer.sendText(text);
      } catch (error) {
        this.#leading.parts.log.warn("burst.addresses.failed", { error });
        const names = grants.map(({ lease }) => lease);
        if (this.#worker !== undefined) this.#leading.run.giveBack(this.#worker, names, this.#leading.now);
      }
    });
  }

  revoked(leases: readonly string[]): void {
    for (let at = 0; at < leases.length; at += protocolLimits.maxBatch) {
      const batch = leases.slice(at, at + protocolLimits.maxBatch);
      this.#queue(async () => await this.#send({ type: "revoke", leases: batch }));
    }
  }

  refused(reason: string): void {
    this.#queue(async () => await this.#send({ type: "refused", reason: reason.slice(0, 500) }));
    this.#over.resolve();
  }

  moved(): void {
    this.#over.resolve();
  }

  drain(): void {
    this.#queue(async () => await this.#send({ type: "drain" }));
  }

  async #read(rights: WorkerRights): Promise<void> {
    const { clock } = this.#leading.parts;
    const { messagesPerSecond: perSecond, messagesAtOnce: atOnce, messageUnitBytes } = schedulerLimits;
    const throttle = new Throttle({ perSecond, atOnce }, clock);
    for await (const message of this.#peer.messages) {
      const length = message.type === "text" ? message.text.length : 0;
      const waitMs = throttle.take(1 + length / messageUnitBytes);
      if (waitMs > 0) await clock.sleep(waitMs, this.#peer.signal).catch(() => undefined); // it left
      const said = message.type === "text" ? readMessage(message.text) : undefined;
      if (said === undefined) {
        this.refused("this is no message of the protocol");
        return;
      }
      if (this.#worker === undefined) this.#hello(said, rights);
      else await this.#take(this.#worker, said);
      this.#leading.wake();
    }
  }

  #hello(said: WorkerMessage, rights: WorkerRights): void {
    if (said.type !== "hello") {
      this.refused("the first message has to be hello");
      return;
    }
    const project = said.project ?? (rights.trust(undefined) === undefined ? rights.onlyProject : undefined);
    const trust = rights.trust(project);
    if (trust === undefined) {
      const whose = project === undefined ? "of all projects: name one (--project)" : `of project ${project}`;
      this.refused(`this credential is not enough to work for jobs ${whose}`);
      return;
    }
    const { name, kind, slots, memoryBytes, speed, levels, holds, job } = said;
    const facts = { name, kind, slots, memoryBytes, speed, levels, holds, project, job, trust };
    const key = `${rights.who}/${project ?? ""}/${trust === "volunteer" ? "" : name}`;
    const worker = this.#leading.run.join({ ...facts, key }, this.#leading.now);
    if (typeof worker === "string") {
      this.refused(worker);
      return;
    }
    this.#worker = worker;
    this.#leading.ends.set(worker.id, this);
    const { heartbeatMs } = runLimits;
    this.#queue(
      async () => await this.#send({ type: "welcome", worker: workerId(worker), heartbeatMs, trust }),
    );
  }

  async #take(worker: WorkerState, said: WorkerMessage): Promise<void> {
    const { run, now } = this.#leading;
    switch (said.type) {
      case "hello":
        this.refused("hello is said once");
        return;
      case "want":
        run.want(worker, said.leases);
        return;
      case "results":
        run.results(worker, this.#checked(worker, said.results), now);
        return;
      case "heartbeat":
        run.heartbeat(worker, said.running, said.pressure, now);
        return;
      case "return":
        run.giveBack(worker, said.leases, now);
        return;
      case "addresses":
        await this.#addresses(worker, said);
        return;
      case "package":
        await this.#package(worker, said);
    }
  }

  /** Small outputs are what their hashes say, and are kept for whoever reads them. A worker that says otherwise is at fault itself. */
  #checked(worker: WorkerState, results: Said<"results">["results"]): readonly WorkerResult[] {
    return results.map((result) => {
      if (result.outcome === "failed") return result;
      const job = this.#leading.jobs.get(readLease(result.lease)?.job ?? "");
      const fault = (message: string) =>
        ({ lease: result.lease, outcome: "failed", kind: "worker", message }) as const;
      if (job === undefined || !worker.mayHave(job.state)) return fault("the job is none of this worker's");
      for (const output of result.outputs) {
        if (output.inline === undefined) {
          if (this.#leading.parts.blobs === undefined)
            this.#leading.end(job, "failed", "an output is too large to live without an object store");
          continue;
        }
        if (!isItself(output, output.inline)) return fault("an output is not what its hash says");
        if (!job.keep(output.blob, output.inline)) this.#overflow(job, output, output.inline);
      }
      const outputs = result.outputs.map(({ blob, bytes }) => ({ blob, bytes }));
      return { lease: result.lease, outcome: "done", outputs, elapsedMs: result.elapsedMs };
    });
  }

  /** More small outputs than the scheduler keeps for a job: into the object store with them. */
  #overflow(job: Parameters<Leading["end"]>[0], { blob }: Output, inline: string): void {
    const { blobs, log } = this.#leading.parts;
    if (blobs === undefined)
      this.#leading.end(job, "failed", "its small outputs are too many to live without an object store");
    else
      background(
        blobs.put(job.stored.projectId, blob, Buffer.from(inline, "base64")),
        "burst.small-blob",
        log,
      );
  }

  /** With addresses, as texts of messages that are not too long: each lease becomes JSON once. */
  async #leases(grants: readonly Grant[]): Promise<readonly string[]> {
    const messages: string[][] = [[]];
    let length = 0;
    for (const grant of grants) {
      const lease = JSON.stringify(await this.#lease(grant));
      const isFull = (messages.at(-1)?.length ?? 0) >= protocolLimits.maxBatch;
      if (length > 0 && (isFull || length + lease.length > schedulerLimits.messageBytes)) {
        messages.push([]);
        length = 0;
      }
      messages.at(-1)?.push(lease);
      length += lease.length;
    }
    return messages.map((leases) => `{"type":"leases","leases":[${leases.join()}]}`);
  }

  async #lease({ lease, job, task, inputs, timeMs }: Grant): Promise<Lease> {
    const live = this.#leading.jobs.get(job.options.id);
    const { blobs } = this.#leading.parts;
    const spec = job.graph.specs[task];
    const far = inputs.filter(({ blob }) => live?.small.has(blob) !== true).map(({ blob }) => blob);
    const urls = far.length === 0 ? [] : await blobs?.readUrls(live?.stored.projectId ?? "", far);
    const places = new Map(far.map((blob, index) => [blob, urls?.[index]]));
    return {
      lease,
      job: job.options.id,
      package: job.graph.package,
      fn: spec?.fn ?? "",
      args: [...(spec?.args ?? [])],
      inputs: inputs.map(({ blob, bytes }) => {
        const inline = live?.small.get(blob);
        const url = places.get(blob);
        return {
          blob,
          bytes,
          ...(inline === undefined ? {} : { inline }),
          ...(url === undefined ? {} : { url }),
        };
      }),
      outputs: spec?.outputs ?? 0,
      memoryBytes: spec?.memoryBytes ?? 0,
      outputBytes: spec?.outputBytes ?? 0,
      cost: spec?.cost ?? 0,
      timeMs,
    };
  }

  async #addresses(worker: WorkerState, said: Said<"addresses">): Promise<void> {
    const job = this.#leading.jobs.get(said.job);
    const { blobs } = this.#leading.parts;
    const answer: Extract<SchedulerMessage, { type: "addresses" }> = {
      type: "addresses",
      id: said.id,
      get: [],
      put: [],
    };
    if (job !== undefined && blobs !== undefined && worker.mayHave(job.state)) {
      const { projectId } = job.stored;
      const read = await blobs.readUrls(projectId, said.get);
      answer.get = said.get.map((blob, index) => ({ blob, url: read[index] ?? "" }));
      const there = await blobs.has(
        projectId,
        said.put.map(({ blob }) => blob),
      );
      const missing = said.put.filter(({ blob }) => !there.has(blob));
      const write = await blobs.writeUrls(projectId, missing);
      const places = new Map(missing.map(({ blob }, index) => [blob, write[index]]));
      answer.put = said.put.map(({ blob }) => {
        const place = places.get(blob);
        return place === undefined ? { blob } : { blob, url: place.url, headers: { ...place.headers } };
      });
    }
    this.#queue(async () => await this.#send(answer));
  }

  async #package(worker: WorkerState, { package: wanted }: Said<"package">): Promise<void> {
    const job = [...this.#leading.jobs.values()].find(
      ({ state }) => state.graph.package === wanted && worker.mayHave(state),
    );
    const found = job === undefined ? undefined : await this.#packages.addresses(job.stored, wanted);
    this.#queue(async () => await this.#send({ type: "package", package: wanted, ...found }));
  }

  #queue(send: () => Promise<void>): void {
    this.#sending = this.#sending.then(send).catch((error: unknown) => {
      this.#leading.parts.log.warn("burst.worker.unsent", { error });
      this.#over.resolve();
    });
  }

  async #send(message: SchedulerMessage): Promise<void> {
    await this.#peer.sendText(JSON.stringify(message));
  }
}

export function workerId(worker: WorkerState): string {
  return `worker-${worker.id}`;
}

function isItself({ blob, bytes }: Output, inline: string): boolean {
  const content = Buffer.from(inline, "base64");
  return (
    content.length === bytes && bytes <= protocolLimits.maxInlineBytes && hash("sha256", content) === blob
  );
}

function readMessage(text: string): WorkerMessage | undefined {
  if (text.length > protocolLimits.maxMessageBytes) return undefined;
  try {
    return workerMessageSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // no JSON: no message
  }
}
