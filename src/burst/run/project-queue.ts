import type { JobState } from "./job-state.ts";
import { runLimits } from "./limits.ts";

/** The jobs of one project, and what it has had. */
export class ProjectState {
  readonly name: string;
  /** Most urgent first, then oldest. */
  jobs: JobState[] = [];
  /** Cost that it was given, in the virtual time of all projects. */
  served = 0;
  /** Cores that its included jobs have. */
  cores: number;
  #tokens = 0;
  #filledMs: number;

  constructor(name: string, cores: number, nowMs: number) {
    this.name = name;
    this.cores = cores;
    this.#filledMs = nowMs;
    this.#tokens = cores * runLimits.dutyBurstMs;
  }

  /** Whether included jobs may begin something now: a token bucket of core milliseconds, which one task may overdraw. */
  mayUse(nowMs: number): boolean {
    const most = this.cores * runLimits.dutyBurstMs;
    this.#tokens = Math.min(most, this.#tokens + Math.max(0, nowMs - this.#filledMs) * this.cores);
    this.#filledMs = nowMs;
    return this.#tokens > 0;
  }

  use(cost: number): void {
    this.#tokens -= cost;
  }
}

/**
 * Which project is next: start-time fair queueing (Goyal, Vin and Cheng 1996) by the cost of what was granted, in quanta as deficit round robin has them. A project that
 * comes back begins about where the others are: it saves up little.
 */
export class ProjectQueue {
  readonly #projects = new Map<string, ProjectState>();
  #virtual = 0;

  get all(): Iterable<ProjectState> {
    return this.#projects.values();
  }

  add(job: JobState, cores: number, nowMs: number): void {
    const name = job.options.project;
    let project = this.#projects.get(name);
    if (project === undefined) {
      project = new ProjectState(name, cores, nowMs);
      this.#projects.set(name, project);
    }
    project.cores = cores;
    project.jobs = [...project.jobs, job].toSorted((a, b) => b.options.priority - a.options.priority);
  }

  remove(job: JobState): void {
    const project = this.#projects.get(job.options.project);
    if (project === undefined) return;
    project.jobs = project.jobs.filter((one) => one !== job);
    if (project.jobs.length === 0) this.#projects.delete(project.name);
  }

  get(name: string): ProjectState | undefined {
    return this.#projects.get(name);
  }

  /** Those with jobs, the one that had least first. */
  inOrder(): readonly ProjectState[] {
    const projects = [...this.#projects.values()];
    if (projects.length < 2) return projects;
    for (const project of projects)
      project.served = Math.max(project.served, this.#virtual - runLimits.savedMs);
    return projects.toSorted((a, b) => a.served - b.served);
  }

  charge(project: ProjectState, cost: number): void {
    this.#virtual = Math.max(this.#virtual, project.served);
    project.served += Math.max(cost, runLimits.minTaskMs);
  }
}
