import type { Job, JobProgress, JobResult } from "#api/burst.ts";
import type { WayName } from "#burst/choice/choose-way.ts";
import type { Rendering } from "#darkroom/graph/hdr.ts";
import { center, isOver, watchJob } from "../burst/center.ts";
import { Joined } from "../burst/join.ts";
import { bringInputs, putGraph, requireKernels, whereabouts } from "../burst/order.ts";
import { type Remote, weighWays } from "../burst/weigh-ways.ts";
import { workerName } from "../burst/worker-name.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import { usableCores } from "../engine/usable-cores.ts";
import { throttled } from "../lib/throttled.ts";
import { wordsOf } from "../lib/words.ts";
import { ArrivingResults } from "./arriving-results.ts";
import { Picture } from "./picture.ts";
import type { Keeping } from "./recipe.ts";
import { forgetRun, type RunRecord, writeRun } from "./run-records.ts";
import { runHere } from "./run-here.ts";
import { type Asked, idle, type RunState, type RunSubject } from "./run-state.ts";
import { Store } from "./store.ts";
import { here, TaskMap, type TaskFacts } from "./task-map.ts";

const tellEachMs = 120;

/** One merge at full size: weighed, offered, accepted, run here or there or both, watched and fetched. */
export class MergeRun {
  readonly state = new Store<RunState>(idle);
  picture: Picture | undefined;
  #subject: RunSubject;
  #stop = new AbortController();
  #joined: Joined | undefined;
  #arriving: ArrivingResults | undefined;
  #map = new TaskMap([], here);
  #gate: PromiseWithResolvers<void> | undefined;
  readonly #drawn = new Set<() => void>();
  /** A map of thousands of tiles is not drawn for each of them. */
  readonly #tell = throttled(tellEachMs, () => {
    if (this.state.read().phase !== "running") return;
    const now = performance.now();
    this.state.patch({
      share: this.#map.share,
      gigahertz: this.#map.gigahertz(now),
      remainingSeconds: this.#map.remainingSeconds(now),
      places: this.#map.places(),
      overlay: this.#map.overlay(),
    });
  });

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
  async go(
    way: WayName,
    mode: "burst" | "included",
    bound: string | undefined,
    came: readonly JobResult[] = [],
  ): Promise<void> {
    const { asked } = this.state.read();
    if (asked === undefined) return;
    const { rendering, keeping } = asked;
    const size = { width: rendering.width, height: rendering.height };
    const record = { ...this.#subject.record(keeping), package: rendering.graph.package, way, size };
    this.#begin({ asked, way, record, phase: "sending", size });
    const { signal } = this.#stop;
    this.#subject.rest();
    try {
      if (way === "local") return await this.#runHere(asked, came, signal);
      const job = await this.#order(asked, mode, bound, signal);
      // It was stopped while the order was on its way.
      if (signal.aborted) return void (await center.cancel(job.id));
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

  /** Ends it; what was not used of the bound returns, and what is there of the picture stays in view. */
  async stop(): Promise<void> {
    const { job, phase } = this.state.read();
    if (job === undefined || isOver(job)) {
      this.#end();
      return phase === "sending" ? this.state.set(idle) : this.#stopped();
    }
    this.#leave();
    this.state.patch({ isStopping: true });
    try {
      // Who follows the job is told of its end, and fetches what it leaves.
      await center.cancel(job.id);
    } catch (error) {
      this.state.patch({ isStopping: false });
      throw error;
    }
  }

  /** The view is as it was before; a result that was saved stays in the album. */
  discard(): void {
    const { job } = this.state.read();
    this.#end();
    if (job !== undefined) forgetRun(job.id);
    this.#subject.onJob(undefined);
    this.#clearPicture();
    this.state.set(idle);
  }

  /** The rest is done here: the job ends, and the same graph runs in this page, but for what is here of it. */
  async finishHere(keeping: Keeping): Promise<void> {
    const { job, asked } = this.state.read();
    const came = this.#arriving?.here ?? [];
    this.#end();
    if (job !== undefined && !isOver(job)) await center.cancel(job.id);
    if (job !== undefined) forgetRun(job.id);
    this.#subject.onJob(undefined);
    if (asked !== undefined) return await this.go("local", "included", undefined, came);
    // The page came again since; what was chosen may be another graph.
    await this.prepare(keeping);
    await this.go("local", "included", undefined);
  }

  /** Works along at the job that runs, or ends doing so. */
  workAlong(isWanted: boolean): void {
    const { job } = this.state.read();
    const { me } = this.#subject;
    if (!isWanted) return this.#joined?.leave();
    if (job === undefined || me === undefined || this.#joined !== undefined) return;
    this.#joined = new Joined({
      name: workerName(me.user),
      slots: usableCores(),
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

  /** `came`: results of a job of the same graph. */
  async #runHere({ rendering }: Asked, came: readonly JobResult[], signal: AbortSignal): Promise<void> {
    const { graph } = rendering;
    const engine = await openEngine();
    this.#map = new TaskMap(graph.tasks, here);
    const picture = this.#newPicture();
    this.state.patch({ phase: "running" });
    const { results, taskIds } = await runHere(graph, engine, {
      came,
      signal,
      turn: async () => await this.#gate?.promise,
      onTask: (task, state) => {
        if (state === "spared") this.#map.set(task, "done", "", performance.now(), false);
        else this.#map.set(task, state, here, performance.now(), true);
        this.#tell();
      },
      onTile: async (name, bytes) => await this.#put(picture, name, bytes),
    });
    this.#done(results, taskIds);
  }

  async #follow(job: Job, way: WayName, facts: readonly TaskFacts[], signal: AbortSignal): Promise<void> {
    this.#map = new TaskMap(facts, workerName(this.#subject.me?.user ?? ""));
    this.state.patch({ phase: "running", job });
    const { blobs } = await openEngine();
    const picture = this.#newPicture();
    const arriving = new ArrivingResults(blobs, signal, async (name, bytes) => {
      // Names with a space are no tiles of the picture.
      if (!name.includes(" ")) await this.#put(picture, name, bytes);
    });
    this.#arriving = arriving;
    if (way === "hybrid" && !isOver(job)) this.workAlong(true);
    if (!isOver(job)) {
      let isFirst = true;
      for await (const progress of watchJob(job.id, signal)) {
        this.#progress(progress, !isFirst);
        arriving.take(progress.results ?? []);
        isFirst = false;
      }
      signal.throwIfAborted();
    }
    this.#leave();
    const last = await center.job(job.id);
    this.state.patch({ job: last, phase: "fetching" });
    const results = await arriving.all(last.results);
    const ids = last.results.map(({ taskId }) => taskId);
    if (last.state === "succeeded") this.#done(results, ids);
    else this.#stopped(last.state === "failed" ? (last.reason ?? "The job failed.") : undefined);
  }

  #progress({ job, tasks }: JobProgress, counts: boolean): void {
    for (const { task, state, worker } of tasks)
      this.#map.set(task, state, worker ?? "", performance.now(), counts);
    this.state.patch({ job, isPaused: job.state === "paused" });
    this.#tell();
  }

  async #put(picture: Picture, name: string, bytes: Uint8Array): Promise<void> {
    await picture.put(name, bytes);
    for (const listener of this.#drawn) listener();
  }

  #done(results: ReadonlyMap<string, string>, ids: readonly (string | undefined)[]): void {
    this.#leave();
    this.state.patch({
      phase: "done",
      results,
      taskIds: [...new Set(ids.filter((id) => id !== undefined))],
      share: 1,
      joined: undefined,
      overlay: [],
      places: this.#map.places(),
      remainingSeconds: undefined,
    });
    for (const listener of this.#drawn) listener();
  }

  /** It ended before it was done; `failure`: not because somebody wanted that. */
  #stopped(failure?: string): void {
    const { size, share } = this.state.read();
    const covered = this.picture?.covered ?? 0;
    const part = size === undefined ? share : covered / (size.width * size.height);
    this.state.patch({
      phase: "stopped",
      joined: undefined,
      isStopping: false,
      isPaused: false,
      share: part,
      overlay: [],
      places: this.#map.places(),
      gigahertz: undefined,
      remainingSeconds: undefined,
      ...(failure === undefined ? {} : { failure }),
    });
    for (const listener of this.#drawn) listener();
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
    this.state.patch({ phase: "idle", isStopping: false, failure: wordsOf(error), overlay: [] });
  }

  #newPicture(): Picture {
    this.#clearPicture();
    const { width, height } = this.state.read().size ?? { width: 1, height: 1 };
    this.picture = new Picture(width, height, 1);
    return this.picture;
  }

  #clearPicture(): void {
    this.#arriving?.[Symbol.dispose]();
    this.#arriving = undefined;
    this.picture?.close();
    this.picture = undefined;
  }
}
