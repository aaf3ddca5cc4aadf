import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import type { Job, JobResult } from "#api/burst.ts";
import type { JobSummary, MemoOutput, StoredJob, StoredOutcome } from "#store/burst-jobs.ts";
import { taskState, type JobState } from "../run/job-state.ts";
import { taskText } from "../task.ts";
import type { BlobStore } from "./blob-store.ts";
import { schedulerLimits } from "./limits.ts";

/** A job while this process leads: its tasks, and what is not written yet. */
export class LiveJob {
  readonly stored: StoredJob;
  readonly state: JobState;
  /** Base64 of small outputs that somebody still needs. */
  readonly small: Map<string, string>;
  outcomes: StoredOutcome[] = [];
  /** Results worth remembering, by the key of the memo. */
  memo = new Map<string, { readonly key: Buffer; readonly outputs: readonly MemoOutput[] }>();
  forget: Buffer[] = [];
  sequence: number;
  public: Job["state"];
  reason: string | undefined;
  /** Set when the run has said that it is over: the next transaction ends it. */
  ending: "succeeded" | "failed" | "cancelled" | undefined;
  dirty = true;
  readonly beganMs: number;
  readonly doneAtStart: number;
  readonly #stageCost: number[];
  /** Of the task of each stage that needs most. */
  readonly #stageMemory: number[];
  #smallBytes = 0;

  constructor(
    stored: StoredJob,
    state: JobState,
    options: { readonly sequence: number; readonly now: number; readonly small: Map<string, string> },
  ) {
    this.stored = stored;
    this.state = state;
    this.sequence = options.sequence;
    this.public = stored.state;
    this.reason = stored.reason;
    this.beganMs = options.now;
    this.doneAtStart = state.total(taskState.done);
    this.small = options.small;
    this.#stageCost = state.graph.stages.map(() => 0);
    this.#stageMemory = state.graph.stages.map(() => 0);
    state.graph.specs.forEach((spec, task) => {
      const stage = state.graph.stageOf[task] ?? 0;
      this.#stageCost[stage] = (this.#stageCost[stage] ?? 0) + spec.cost;
      this.#stageMemory[stage] = Math.max(this.#stageMemory[stage] ?? 0, spec.memoryBytes);
    });
    for (const text of options.small.values()) this.#smallBytes += text.length;
  }

  /** Keeps a small output. False when there are too many of them here. */
  keep(blob: string, base64: string): boolean {
    if (this.small.has(blob)) return true;
    if (this.#smallBytes + base64.length > schedulerLimits.smallBytes) return false;
    this.small.set(blob, base64);
    this.#smallBytes += base64.length;
    return true;
  }

  drop(blob: string): void {
    this.#smallBytes -= this.small.get(blob)?.length ?? 0;
    this.small.delete(blob);
  }

  /** What is not done of the stages that a worker of so much memory can run, by the mean cost of their tasks; and how many tasks run or could run now. */
  left(memoryBytes: number): { readonly coreSeconds: number; readonly tasks: number } {
    const { state } = this;
    let coreSeconds = 0;
    let tasks = 0;
    for (const stage of state.graph.stages.keys()) {
      if ((this.#stageMemory[stage] ?? 0) > memoryBytes) continue;
      const all = state.stageTasks(stage);
      const left = all - state.total(taskState.done, stage);
      coreSeconds += (left / Math.max(1, all)) * ((this.#stageCost[stage] ?? 0) / 1_000);
      for (const now of [taskState.looking, taskState.ready, taskState.running])
        tasks += state.total(now, stage);
    }
    return { coreSeconds, tasks };
  }

  summary(): JobSummary {
    const { state } = this;
    return {
      tasks: state.count,
      done: state.total(taskState.done),
      remembered: state.remembered,
      stages: this.#stages(),
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      results: this.ending === undefined ? [] : this.results(),
    };
  }

  /** Results that are there and were not at change `since`; all that are there when it is negative. */
  results(since = -1): JobResult[] {
    const { state } = this;
    const { results, outputStart } = state.graph;
    return results.flatMap(({ name, from }) => {
      if ("blob" in from) return since < 0 ? [{ name, blob: from.blob, bytes: from.bytes }] : [];
      if (state.state(from.task) !== taskState.done || (state.stamp[from.task] ?? 0) <= since) return [];
      const taskId = hash("sha256", this.identity(from.task));
      return [{ name, ...state.input((outputStart[from.task] ?? 0) + from.output), taskId }];
    });
  }

  /** The text of which the id of a task whose inputs are known is the hash. */
  identity(task: number): string {
    const { state } = this;
    const spec = state.graph.specs[task];
    assert(spec !== undefined, "no such task");
    const inputs = state.inputs(task).map(({ blob }) => blob);
    return taskText(state.graph.package, spec, inputs);
  }

  /** Small results go where the others are, or stay with the job's project where there is no object store. */
  async saveResults(
    blobs: BlobStore | undefined,
    file: (blob: string, bytes: Buffer) => Promise<void>,
  ): Promise<void> {
    const rest = [...new Set(this.results().map(({ blob }) => blob))].filter((blob) => this.small.has(blob));
    const save = async () => {
      for (let blob = rest.pop(); blob !== undefined; blob = rest.pop()) {
        const bytes = Buffer.from(this.small.get(blob) ?? "", "base64");
        await (blobs === undefined ? file(blob, bytes) : blobs.put(this.stored.projectId, blob, bytes));
      }
    };
    await Promise.all(Array.from({ length: schedulerLimits.blobsAtOnce }, save));
  }

  #stages(): Job["stages"] {
    const { state } = this;
    return state.graph.stages.map((name, stage) => ({
      name,
      tasks: state.stageTasks(stage),
      done: state.total(taskState.done, stage),
      running: state.total(taskState.running, stage),
      failed: state.stages[stage]?.failed ?? 0,
      cost: this.#stageCost[stage] ?? 0,
    }));
  }
}
