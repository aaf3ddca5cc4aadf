import type { Job, JobProgress } from "#api/burst.ts";
import type { Choice, WayName } from "#burst/choice/choose-way.ts";
import type { Rendering } from "#darkroom/graph/hdr.ts";
import { center, isOver, watchJob } from "../burst/center.ts";
import { Joined, type JoinedState } from "../burst/join.ts";
import { bringInputs, fetchResults, putGraph, requireKernels, whereabouts } from "../burst/order.ts";
import { type Remote, weighWays } from "../burst/weigh-ways.ts";
import type { Me } from "../data/own-server.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import { runLocally } from "../engine/local-run.ts";
import { wordsOf } from "../lib/words.ts";
import type { OverlayTile } from "./draw-scene.ts";
import { resultNames } from "./merge-session.ts";
import { Picture } from "./picture.ts";
import type { Keeping } from "./recipe.ts";
import { forgetRun, type RunRecord, writeRun } from "./run-records.ts";
import { Store } from "./store.ts";
import { here, type Place, TaskMap, type TaskFacts } from "./task-map.ts";

/** What is put before the user: the ways, and what each takes. */
export interface Asked {
  readonly rendering: Rendering;
  readonly keeping: Keeping;
  readonly choice: Choice;
  readonly remote: Remote | undefined;
  /** Why the data center cannot be asked, in words. */
  readonly trouble: string | undefined;
}

export interface RunState {
  readonly phase: "idle" | "preparing" | "asking" | "sending" | "running" | "fetching" | "done";
  readonly failure?: string | undefined;
  readonly asked?: Asked | undefined;
  readonly way?: WayName | undefined;
  /** What was ordered; later changes of the settings change nothing of it. */
  readonly record?: RunRecord | undefined;
  readonly job?: Job | undefined;
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  readonly isPaused: boolean;
  /** 0 … 1. */
  readonly share: number;
  readonly gigahertz?: number | undefined;
  readonly remainingSeconds?: number | undefined;
  readonly places: readonly Place[];
  readonly overlay: readonly OverlayTile[];
  readonly joined?: JoinedState | undefined;
  readonly sentBytes: number;
  /** Results by their names, once all are here. */
  readonly results?: ReadonlyMap<string, string> | undefined;
}

const idle: RunState = { phase: "idle", isPaused: false, share: 0, places: [], overlay: [], sentBytes: 0 };
const tellEachMs = 120;

export interface RunSubject {
  readonly title: string;
  /** Hashes of the originals, which lie in the album. */
  readonly originals: ReadonlySet<string>;
  readonly me: Me | undefined;
  /** Previews stop, so that the merge has all cores. */
  rest(): void;
  full(keeping: Keeping): Promise<Rendering>;
  /** For the address: the job that can be found again. */
  onJob(job: string | undefined): void;
  /** What is needed to go on after a reload. */
  record(keeping: Keeping): Omit<RunRecord, "way" | "size" | "package">;
}

/** One merge at full size: weighed, offered, accepted, run here or there or both, watched and fetched. */
export class MergeRun {
  readonly state = new Store<RunState>(idle);
  picture: Picture | undefined;
  #subject: RunSubject;
  #stop = new AbortController();
  #joined: Joined | undefined;
  #map = new TaskMap([]);
  #gate: PromiseWithResolvers<void> | undefined;
  #toldMs = 0;
  readonly #drawn = new Set<() => void>();

  constructor(subject: RunSubject) {
    this.#subject = subject;
  }

  /** The view may have come again with other facts, such as who is signed in. */
  serve(subject: RunSubject): void {
    this.#subject = subject;
  }

  readonly onDrawn = (listener: () => void) => {
    this.#drawn.add(listener);
    return () => this.#drawn.delete(listener);
  };

  /** Makes the graph, asks the data center, and compares the ways. */
  async prepare(keeping: Keeping): Promise<void> {
    this.#begin({
      phase: "preparing",
      ...(this.state.read().asked === undefined ? {} : { asked: this.state.read().asked }),
    });
    const { signal } = this.#stop;
    try {
      const engine = await openEngine();
      const rendering = await this.#subject.full(keeping);
      let remote: Remote | undefined;
      let trouble: string | undefined;
      try {
        remote = await this.#askCenter(engine, rendering);
      } catch (error) {
        trouble = wordsOf(error);
      }
      const choice = await weighWays(engine, rendering.graph, remote, false);
      if (!signal.aborted)
        this.state.patch({ phase: "asking", asked: { rendering, keeping, choice, remote, trouble } });
    } catch (error) {
      this.#fail(error, signal);
    }
  }

  /** Nothing was ordered; the view is as it was before. */
  dismiss(): void {
    this.#stop.abort();
    this.state.set(idle);
  }

  /** The user decided. `bound`: at most this much; `mode` is for the data center's part. */
  async go(way: WayName, mode: "burst" | "included", bound: string | undefined): Promise<void> {
    const { asked } = this.state.read();
    if (asked === undefined) return;
    const { rendering, keeping } = asked;
    const size = { width: rendering.width, height: rendering.height };
    const record = { ...this.#subject.record(keeping), package: rendering.graph.package, way, size };
    this.#begin({ asked, way, record, phase: "sending", size });
    const { signal } = this.#stop;
    this.#subject.rest();
    try {
      if (way === "local") return await this.#runHere(asked, signal);
      const job = await this.#order(asked, mode, bound, signal);
      writeRun(job.id, record);
      this.#subject.onJob(job.id);
      await this.#follow(job, way, rendering.graph.tasks, signal);
    } catch (error) {
      this.#fail(error, signal);
    }
  }

  /** Goes on with a job that was begun before the page was closed. */
  async resume(job: string, record: RunRecord): Promise<void> {
    this.#begin({ phase: "running", way: record.way, record, size: record.size });
    const { signal } = this.#stop;
    try {
      await this.#follow(await center.job(job), record.way, await center.tasks(job), signal);
    } catch (error) {
      this.#fail(error, signal);
    }
  }

  async pause(): Promise<void> {
    const { job, way } = this.state.read();
    if (way === "local") {
      this.#gate = Promise.withResolvers();
      return this.state.patch({ isPaused: true });
    }
    if (job !== undefined) this.state.patch({ job: await center.pause(job.id), isPaused: true });
  }

  async goOn(): Promise<void> {
    const { job, way } = this.state.read();
    if (way === "local") {
      this.#gate?.resolve();
      this.#gate = undefined;
      return this.state.patch({ isPaused: false });
    }
    if (job !== undefined) this.state.patch({ job: await center.resume(job.id), isPaused: false });
  }

  /** A higher bound, for a job that waits at its bound. */
  async raise(bound: string): Promise<void> {
    const { job } = this.state.read();
    if (job !== undefined) this.state.patch({ job: await center.raiseBound(job.id, bound), isPaused: false });
  }

  /** Ends it; what was not used of the bound returns. */
  async cancel(): Promise<void> {
    const { job } = this.state.read();
    this.#end();
    if (job !== undefined && !isOver(job)) await center.cancel(job.id);
    if (job !== undefined) forgetRun(job.id);
    this.#subject.onJob(undefined);
    this.#clearPicture();
    this.state.set(idle);
  }

  /** The rest is done here: the job ends, and the same graph runs in this page. */
  async finishHere(keeping: Keeping): Promise<void> {
    const { job, asked } = this.state.read();
    this.#end();
    if (job !== undefined && !isOver(job)) await center.cancel(job.id);
    this.#subject.onJob(undefined);
    if (asked === undefined) await this.prepare(keeping);
    await this.go("local", "included", undefined);
  }

  /** Works along at the job that runs, or ends doing so. */
  workAlong(isWanted: boolean): void {
    const { job } = this.state.read();
    const { me } = this.#subject;
    if (!isWanted) return this.#joined?.leave();
    if (job === undefined || me === undefined || this.#joined !== undefined) return;
    this.#joined = new Joined({
      name: here,
      slots: Math.max(1, Math.min(16, navigator.hardwareConcurrency - 1)),
      project: me.project,
      job: job.id,
      onState: (joined) => {
        this.state.patch({ joined });
        if (joined.state === "ended") this.#leave();
      },
    });
  }

  /** Everything of this page ends; a job goes on without it. */
  close(): void {
    this.#end();
    this.#clearPicture();
  }

  async #askCenter(engine: Engine, { graph }: Rendering): Promise<Remote> {
    const { title, originals, me } = this.#subject;
    if (me === undefined) throw new Error("There is no network, so the data center cannot be asked.");
    await requireKernels(engine.kernels, me.project);
    const hash = await putGraph(graph);
    const [offer, cluster, where] = await Promise.all([
      center.offer(hash, title, me.app),
      center.cluster(),
      whereabouts(graph, originals),
    ]);
    return { offer, cluster, where };
  }

  async #order(
    { remote }: Asked,
    mode: "burst" | "included",
    bound: string | undefined,
    signal: AbortSignal,
  ): Promise<Job> {
    const { me, title } = this.#subject;
    if (remote === undefined || me === undefined)
      throw new Error("The data center cannot be reached; run it here.");
    const { blobs } = await openEngine();
    await bringInputs(remote.where, blobs, signal, (bytes) =>
      this.state.patch({ sentBytes: this.state.read().sentBytes + bytes }),
    );
    if (mode === "included") return await center.runWithinPlan(remote.offer.graph, title, me.app);
    const { job } = await center.accept(remote.offer, bound);
    if (job === undefined)
      throw new Error("The offer was accepted, but its job is not known; look into the console.");
    return await center.job(job);
  }

  async #runHere({ rendering }: Asked, signal: AbortSignal): Promise<void> {
    const engine = await openEngine();
    const { graph } = rendering;
    this.#map = new TaskMap(graph.tasks);
    const picture = this.#newPicture();
    const names = resultNames(graph);
    const wanted = new Set(
      graph.results.flatMap(({ from }) => ("task" in from ? [`${from.task} ${from.output}`] : [])),
    );
    const painting: Promise<unknown>[] = [];
    this.state.patch({ phase: "running" });
    const results = await runLocally(graph, {
      ...engine,
      signal,
      turn: async () => await this.#gate?.promise,
      onTask: (task, state, outputs) => {
        this.#map.set(task, state, here, performance.now(), true);
        for (const [output, hash] of outputs.entries()) {
          if (wanted.has(`${task} ${output}`)) engine.blobs.hold(hash);
          const name = names.get(`${task} ${output}`);
          const bytes = engine.blobs.get(hash);
          if (name !== undefined && bytes !== undefined) painting.push(this.#put(picture, name, bytes));
        }
        this.#tell();
      },
    });
    await Promise.all(painting);
    this.#done(results);
  }

  async #follow(job: Job, way: WayName, facts: readonly TaskFacts[], signal: AbortSignal): Promise<void> {
    this.#map = new TaskMap(facts);
    this.state.patch({ phase: "running", job });
    if (way === "hybrid" && !isOver(job)) this.workAlong(true);
    let last = job;
    if (!isOver(job)) {
      let isFirst = true;
      for await (const progress of watchJob(job.id, signal)) {
        this.#progress(progress, !isFirst);
        isFirst = false;
        last = progress.job;
      }
      signal.throwIfAborted();
    }
    this.#leave();
    last = await center.job(last.id);
    this.state.patch({ job: last });
    if (last.state === "cancelled") throw new Error("The job was ended before it was done.");
    if (last.state === "failed") throw new Error(last.reason ?? "The job failed.");
    await this.#fetch(last, signal);
  }

  #progress({ job, tasks }: JobProgress, counts: boolean): void {
    for (const { task, state, worker } of tasks)
      this.#map.set(task, state, worker ?? "", performance.now(), counts);
    this.state.patch({ job, isPaused: job.state === "paused" });
    this.#tell();
  }

  async #fetch({ results }: Job, signal: AbortSignal): Promise<void> {
    const { blobs } = await openEngine();
    const picture = this.#newPicture();
    const names = new Map<string, string[]>();
    for (const { name, blob } of results) names.set(blob, [...(names.get(blob) ?? []), name]);
    const painting: Promise<unknown>[] = [];
    const draw = (hash: string) => {
      blobs.hold(hash);
      const bytes = blobs.get(hash);
      for (const name of names.get(hash) ?? [])
        if (bytes !== undefined && !name.includes(" ")) painting.push(this.#put(picture, name, bytes));
    };
    this.state.patch({ phase: "fetching" });
    const hashes = [...names.keys()];
    for (const hash of hashes) if (blobs.get(hash) !== undefined) draw(hash);
    await fetchResults(hashes, blobs, signal, draw);
    await Promise.all(painting);
    this.#done(new Map(results.map(({ name, blob }) => [name, blob])));
  }

  async #put(picture: Picture, name: string, bytes: Uint8Array): Promise<void> {
    await picture.put(name, bytes);
    for (const listener of this.#drawn) listener();
  }

  #done(results: ReadonlyMap<string, string>): void {
    this.#leave();
    this.state.patch({
      phase: "done",
      results,
      share: 1,
      overlay: [],
      places: this.#map.places(),
      remainingSeconds: undefined,
    });
    for (const listener of this.#drawn) listener();
  }

  /** At most some times a second: a map of thousands of tiles is not drawn for each of them. */
  #tell(): void {
    const now = performance.now();
    if (now - this.#toldMs < tellEachMs && this.#map.done < this.#map.count) return;
    this.#toldMs = now;
    this.state.patch({
      share: this.#map.share,
      gigahertz: this.#map.gigahertz(now),
      remainingSeconds: this.#map.remainingSeconds(now),
      places: this.#map.places(),
      overlay: this.#map.overlay(),
    });
  }

  #begin(part: Partial<RunState>): void {
    this.#end();
    this.#stop = new AbortController();
    this.state.set({ ...idle, ...part });
  }

  #end(): void {
    this.#stop.abort();
    this.#gate?.resolve();
    this.#gate = undefined;
    this.#leave();
  }

  #leave(): void {
    this.#joined?.[Symbol.dispose]();
    this.#joined = undefined;
  }

  #fail(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#leave();
    this.state.patch({ phase: "idle", failure: wordsOf(error), overlay: [] });
  }

  #newPicture(): Picture {
    this.#clearPicture();
    const { width, height } = this.state.read().size ?? { width: 1, height: 1 };
    this.picture = new Picture(width, height, 1);
    return this.picture;
  }

  #clearPicture(): void {
    this.picture?.close();
    this.picture = undefined;
  }
}
