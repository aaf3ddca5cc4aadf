import type { CompiledGraph } from "./compiled-graph.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { runLimits } from "./limits.ts";
import { StageStats } from "./stage-stats.ts";
import { TaskStack } from "./task-stack.ts";
import { newHistory, type TaskHistory } from "./votes.ts";

export const taskState = { waiting: 0, looking: 1, ready: 2, running: 3, done: 4 } as const;
type State = (typeof taskState)[keyof typeof taskState];
const states = 5;

/** One output of a task. */
export interface OutputRef {
  readonly blob: string;
  readonly bytes: number;
}

export interface JobOptions {
  readonly id: string;
  readonly project: string;
  readonly graph: CompiledGraph;
  readonly mode: "included" | "burst";
  /** Higher goes first, among the jobs of the project. */
  readonly priority: number;
  /** What a worker must be able to run. */
  readonly level: "wasm" | "js" | "native";
  readonly volunteers: boolean;
  /** Never more than this is charged. */
  readonly bound: bigint;
  /** What each task costs, by the accepted terms; 0 for all where it is within the plan. */
  readonly price: (task: number) => bigint;
  /** Whether a task's result may be known already: it is looked up before it runs. */
  readonly memo: (task: number) => boolean;
  readonly residentBytes?: number;
  /** Blobs that nobody reads any more are gone: a task that is needed again brings back those that made its inputs. */
  readonly drops?: boolean;
}

/** Of a task that is done or runs, for people who look. */
const flags = { paid: 1, looked: 2, remembered: 4 } as const;

/** The tasks of one job and what follows from each change of one. It knows nothing of workers. */
export class JobState {
  readonly options: JobOptions;
  readonly graph: CompiledGraph;
  readonly count: number;
  readonly stages: readonly StageStats[];
  /** Leases that live, by task; the first of a list. */
  readonly live = new Map<number, LeaseRecord>();
  /** Only of tasks that failed, or have more than one result. */
  readonly history = new Map<number, TaskHistory>();
  readonly roots: TaskStack;
  readonly inner: TaskStack;
  /** Tasks to look up. */
  lookups: number[] = [];
  bound: bigint;
  charged = 0n;
  /** Worst case of what runs. */
  committed = 0n;
  paused = false;
  ended = false;
  lastGrantMs = 0;
  /** Since when all its tasks are done. */
  doneMs: number | undefined;
  /** Grows with each change of a task; `stamp` has the change's number. */
  changes = 0;
  remembered = 0;
  /** Of what its tasks made and somebody still reads. */
  residentBytes = 0;
  readonly stamp: Uint32Array;
  readonly attempts: Uint8Array;
  readonly worker: Uint32Array;
  readonly startedMs: Float64Array;
  readonly endedMs: Float64Array;
  /** Leases before this number were for other inputs: their results are not wanted. */
  readonly fence: Uint32Array;
  readonly hashes: (string | undefined)[];
  readonly sizes: Float64Array;
  readonly #state: Uint8Array;
  readonly #flags: Uint8Array;
  readonly #missing: Uint32Array;
  readonly #uses: Uint32Array;
  readonly #counts: Uint32Array;
  /** About what running tasks will make. */
  #comingBytes = 0;
  readonly #totals = new Uint32Array(states);

  constructor(options: JobOptions) {
    const { graph } = options;
    this.options = options;
    this.graph = graph;
    this.count = graph.specs.length;
    this.bound = options.bound;
    this.stages = graph.stages.map(() => new StageStats());
    this.roots = new TaskStack(this.count);
    this.inner = new TaskStack(this.count);
    const slots = graph.slotTask.length;
    this.stamp = new Uint32Array(this.count);
    this.attempts = new Uint8Array(this.count);
    this.worker = new Uint32Array(this.count);
    this.startedMs = new Float64Array(this.count);
    this.endedMs = new Float64Array(this.count);
    this.fence = new Uint32Array(this.count);
    const sizes = new Float64Array(slots);
    this.hashes = Array.from(sizes, () => undefined);
    this.sizes = sizes;
    this.#state = new Uint8Array(this.count);
    this.#flags = new Uint8Array(this.count);
    this.#missing = new Uint32Array(this.count);
    this.#uses = graph.uses.slice();
    this.#counts = new Uint32Array(states * Math.max(1, graph.stages.length));
    for (let task = 0; task < this.count; task += 1) {
      this.#missing[task] = this.#producers(task);
      this.#add(task, taskState.waiting, 1);
    }
  }

  historyOf(task: number): TaskHistory {
    const known = this.history.get(task);
    if (known !== undefined) return known;
    const made = newHistory();
    this.history.set(task, made);
    return made;
  }

  /** Makes ready what has its inputs: once, after what was known was told by `finish`. The first tasks come up first. */
  begin(): void {
    for (let task = this.count - 1; task >= 0; task -= 1)
      if (this.state(task) === taskState.waiting && this.#missing[task] === 0) this.#release(task);
  }

  state(task: number): State {
    return (this.#state[task] ?? 0) as State; // only `#set` writes it
  }

  /** How many tasks are in a state, all or of a stage. */
  total(state: State, stage?: number): number {
    if (stage === undefined) return this.#totals[state] ?? 0;
    return this.#counts[stage * states + state] ?? 0;
  }

  stageTasks(stage: number): number {
    return Object.values(taskState).reduce<number>((sum, state) => sum + this.total(state, stage), 0);
  }

  get isDone(): boolean {
    return this.total(taskState.done) === this.count;
  }

  isRoot(task: number): boolean {
    return this.#producers(task) === 0;
  }

  isPaid(task: number): boolean {
    return ((this.#flags[task] ?? 0) & flags.paid) !== 0;
  }

  /** Whether its price is part of `charged`. */
  isCharged(task: number): boolean {
    return this.isPaid(task) && ((this.#flags[task] ?? 0) & flags.remembered) === 0;
  }

  price(task: number): bigint {
    return this.isPaid(task) ? 0n : this.options.price(task);
  }

  stage(task: number): StageStats | undefined {
    return this.stages[this.graph.stageOf[task] ?? 0];
  }

  outputs(task: number): readonly OutputRef[] {
    const { outputStart } = this.graph;
    const result: OutputRef[] = [];
    for (let slot = outputStart[task] ?? 0; slot < (outputStart[task + 1] ?? 0); slot += 1)
      result.push({ blob: this.hashes[slot] ?? "", bytes: this.sizes[slot] ?? 0 });
    return result;
  }

  inputs(task: number): readonly OutputRef[] {
    const { inputStart, inputs } = this.graph;
    const result: OutputRef[] = [];
    for (let at = inputStart[task] ?? 0; at < (inputStart[task + 1] ?? 0); at += 1)
      result.push(this.input(inputs[at] ?? 0));
    return result;
  }

  input(slot: number): OutputRef {
    if (slot < 0) return this.graph.blobs[~slot] ?? { blob: "", bytes: 0 };
    return { blob: this.hashes[slot] ?? "", bytes: this.sizes[slot] ?? 0 };
  }

  /** A ready task was given to somebody. */
  run(task: number): void {
    if (this.state(task) === taskState.ready) this.#set(task, taskState.running);
  }

  /** Nobody runs the task any more, and it is not done. */
  unrun(task: number): void {
    if (this.state(task) !== taskState.running) return;
    this.#set(task, taskState.waiting);
    if (this.#missing[task] === 0) this.#release(task);
  }

  /** A task that was looked up is not known. */
  unknown(task: number): void {
    if (this.state(task) !== taskState.looking) return;
    this.#set(task, taskState.waiting);
    if (this.#missing[task] === 0) this.#release(task);
  }

  /**
   * The task is done. Answers what is charged for it: nothing the second time. Tasks that read other bytes before are told by `changed`.
   */
  finish(task: number, outputs: readonly OutputRef[], options: { readonly free?: boolean } = {}): bigint {
    const wasDone = this.state(task) === taskState.done;
    if (wasDone) this.#account(task, -1);
    const first = this.graph.outputStart[task] ?? 0;
    outputs.forEach(({ blob, bytes }, index) => {
      this.hashes[first + index] = blob;
      this.sizes[first + index] = bytes;
    });
    this.#account(task, 1);
    if (wasDone) this.touch(task);
    else {
      this.#set(task, taskState.done);
      this.#read(task, -1);
      this.#eachDependent(task, (dependent) => {
        const left = (this.#missing[dependent] ?? 0) - 1;
        this.#missing[dependent] = left;
        if (left === 0 && this.state(dependent) === taskState.waiting) this.#release(dependent);
      });
    }
    if (options.free === true && !this.isPaid(task)) {
      this.#mark(task, flags.paid | flags.remembered);
      this.remembered += 1;
      return 0n;
    }
    const price = this.price(task);
    this.#mark(task, flags.paid);
    this.charged += price;
    return price;
  }

  /** A task that was done is made again. What it made stands until then, so equal bytes change nothing. */
  reopen(task: number): void {
    if (this.state(task) !== taskState.done) return;
    this.#account(task, -1);
    this.#set(task, taskState.waiting);
    this.#mark(task, flags.looked);
    this.#eachDependent(task, (dependent) => {
      this.#missing[dependent] = (this.#missing[dependent] ?? 0) + 1;
      const state = this.state(dependent);
      if (state === taskState.ready || state === taskState.looking) this.#set(dependent, taskState.waiting);
    });
    const dropped = this.#read(task, 1);
    if (this.options.drops === true) for (const producer of dropped) this.reopen(producer);
    if (this.#missing[task] === 0) this.#release(task);
  }

  eachDependent(task: number, visit: (dependent: number) => void): void {
    this.#eachDependent(task, visit);
  }

  /** Tells that something of the task changed that its state does not say. */
  touch(task: number): void {
    this.changes += 1;
    this.stamp[task] = this.changes;
  }

  /** Blobs of a done task's inputs that nobody reads any more. */
  unread(task: number): readonly string[] {
    const { inputStart, inputs } = this.graph;
    const result: string[] = [];
    for (let at = inputStart[task] ?? 0; at < (inputStart[task + 1] ?? 0); at += 1) {
      const slot = inputs[at] ?? -1;
      const hash = this.hashes[slot];
      if (slot >= 0 && this.#uses[slot] === 0 && hash !== undefined) result.push(hash);
    }
    return result;
  }

  /** Whether the job may have the outputs of one more task that begins a chain. */
  hasRoom(task: number): boolean {
    const budget = this.options.residentBytes ?? runLimits.residentBytes;
    const after = this.residentBytes + this.#comingBytes + (this.graph.specs[task]?.outputBytes ?? 0);
    return after <= budget || this.live.size === 0;
  }

  #release(task: number): void {
    const isNew = ((this.#flags[task] ?? 0) & flags.looked) === 0;
    if (isNew && this.options.memo(task)) {
      this.#mark(task, flags.looked);
      this.#set(task, taskState.looking);
      this.lookups.push(task);
      return;
    }
    this.#set(task, taskState.ready);
    (this.isRoot(task) ? this.roots : this.inner).push(task);
  }

  /** A task begins or ceases to need its inputs. Answers the producers of those that nobody had needed. */
  #read(task: number, sign: 1 | -1): readonly number[] {
    const { inputStart, inputs, slotTask } = this.graph;
    const revived: number[] = [];
    for (let at = inputStart[task] ?? 0; at < (inputStart[task + 1] ?? 0); at += 1) {
      const slot = inputs[at] ?? -1;
      if (slot < 0) continue;
      const before = this.#uses[slot] ?? 0;
      this.#uses[slot] = before + sign;
      const producer = slotTask[slot] ?? 0;
      if (this.state(producer) !== taskState.done) continue;
      if (before + sign === 0) this.residentBytes -= this.sizes[slot] ?? 0;
      if (before === 0) {
        this.residentBytes += this.sizes[slot] ?? 0;
        revived.push(producer);
      }
    }
    return revived;
  }

  /** Bytes of the outputs of a task, as far as somebody needs them. */
  #account(task: number, sign: 1 | -1): void {
    const { outputStart } = this.graph;
    for (let slot = outputStart[task] ?? 0; slot < (outputStart[task + 1] ?? 0); slot += 1)
      if ((this.#uses[slot] ?? 0) > 0) this.residentBytes += sign * (this.sizes[slot] ?? 0);
  }

  #producers(task: number): number {
    const { inputStart, inputs } = this.graph;
    let count = 0;
    for (let at = inputStart[task] ?? 0; at < (inputStart[task + 1] ?? 0); at += 1)
      if ((inputs[at] ?? -1) >= 0) count += 1;
    return count;
  }

  #eachDependent(task: number, visit: (dependent: number) => void): void {
    const { dependentStart, dependents } = this.graph;
    for (let at = dependentStart[task] ?? 0; at < (dependentStart[task + 1] ?? 0); at += 1)
      visit(dependents[at] ?? 0);
  }

  #set(task: number, state: State): void {
    const before = this.state(task);
    const bytes = this.graph.specs[task]?.outputBytes ?? 0;
    if (before === taskState.running) this.#comingBytes -= bytes;
    if (state === taskState.running) this.#comingBytes += bytes;
    this.#add(task, before, -1);
    this.#state[task] = state;
    this.#add(task, state, 1);
    this.touch(task);
  }

  #add(task: number, state: State, by: 1 | -1): void {
    const at = (this.graph.stageOf[task] ?? 0) * states + state;
    this.#counts[at] = (this.#counts[at] ?? 0) + by;
    this.#totals[state] = (this.#totals[state] ?? 0) + by;
  }

  #mark(task: number, flag: number): void {
    this.#flags[task] = (this.#flags[task] ?? 0) | flag;
  }
}
