import type { Job } from "#api/burst.ts";
import { burstJobRoutes } from "#api/routes/burst-jobs.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import { amountWord } from "#cli/burst-money/amount-flag.ts";
import { moneyText } from "#api/money.ts";
import { jobText } from "#cli/burst/job-text.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** Jobs of `vdc job list`. */
const listed = 100;
/** The job failed, or was cancelled, as `vdc deploy` ends when a rollout does. */
const failedStatus = 7;

/** `vdc job list`. */
export async function jobList(call: Call): Promise<void> {
  const project = call.flags.text("project");
  await withSession(call, async ({ client, ports }) => {
    const { items } = await client.call(burstJobRoutes["job.list"], {
      query: { limit: listed, ...(project === undefined ? {} : { project }) },
      signal: call.io.signal,
    });
    await printRows(call, { items }, jobTable(items, ports.clock.now()), "no jobs");
  });
}

export function jobTable(jobs: readonly Job[], nowMs: number): Table {
  return {
    headers: ["ID", "PROJECT", "TITLE", "STATE", "TASKS", "MODE", "CHARGED", "AGE"],
    rows: jobs.map((job) => [
      job.id,
      job.project,
      job.title,
      job.state === "failed" ? { text: job.state, colour: "red" as const } : job.state,
      `${job.done}/${job.tasks}`,
      job.mode,
      moneyText(job.charged, job.currency),
      ageText(job.createdAt, nowMs),
    ]),
  };
}

/** `vdc job show ID`. */
export async function jobShow(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const job = await jobNamed(call, session);
    await print(call, job, () => jobText(job));
  });
}

/** `vdc job cancel|pause|resume ID`. */
export function jobChange(verb: "cancel" | "pause" | "resume"): (call: Call) => Promise<void> {
  return async (call) => {
    await withSession(call, async ({ client }) => {
      const job = await client.call(burstJobRoutes[`job.${verb}`], {
        params: paramsOf(call),
        signal: call.io.signal,
      });
      await print(call, job, () => `job/${job.id} ${job.state}\n`);
    });
  };
}

/** `vdc job raise ID AMOUNT`: the job goes on with a higher bound. */
export async function jobRaise(call: Call): Promise<void> {
  const bound = amountWord(call.words[1] ?? "", "the bound").toString();
  await withSession(call, async ({ client }) => {
    const job = await client.call(burstJobRoutes["job.raise-bound"], {
      params: paramsOf(call),
      body: { bound },
      signal: call.io.signal,
    });
    await print(
      call,
      job,
      () => `job/${job.id} ${job.state}, at most ${moneyText(job.bound, job.currency)}\n`,
    );
  });
}

/** `vdc job watch ID`: follows it to its end; fails when the job does. */
export async function jobWatch(call: Call): Promise<number> {
  return await withSession(call, async (session) => {
    const { client, io } = session;
    let last = "";
    const events = client.events(burstJobRoutes["job.watch"], { params: paramsOf(call), signal: io.signal });
    for await (const { job } of events) {
      const line = lineOf(job);
      if (line !== last) io.stderr(`${line}\n`);
      last = line;
    }
    const job = await jobNamed(call, session);
    await print(call, job, () => jobText(job));
    return job.state === "succeeded" ? 0 : failedStatus;
  });
}

function lineOf(job: Job): string {
  const percent = job.tasks === 0 ? 100 : Math.floor((job.done * 100) / job.tasks);
  const left = job.remainingSeconds === undefined ? "" : `, about ${Math.ceil(job.remainingSeconds)} s to go`;
  return harmlessLine(`${job.state}  ${percent} %  ${job.done}/${job.tasks}${left}`);
}

export async function jobNamed(call: Call, { client }: Session): Promise<Job> {
  return await client.call(burstJobRoutes["job.get"], { params: paramsOf(call), signal: call.io.signal });
}

export function paramsOf(call: Call): { readonly project: string; readonly job: string } {
  const [job] = call.words;
  if (job === undefined || job === "")
    throw new UsageError("the id of a job is missing", "see `vdc job list`");
  return { project: projectOf(call), job };
}
