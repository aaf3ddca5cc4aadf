import type { Job } from "#api/burst.ts";
import { moneyText } from "#api/money.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { bytesText } from "#cli/output/units.ts";

/** A job as `vdc job show` tells it. */
export function jobText(job: Job): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["title", job.title],
    ["state", job.reason === undefined ? job.state : `${job.state}: ${job.reason}`],
    ["tasks", `${job.done} of ${job.tasks} done, ${job.remembered} of them known before`],
    ["mode", job.mode],
    [
      "charged",
      `${moneyText(job.charged, job.currency)}, never more than ${moneyText(job.bound, job.currency)}`,
    ],
    ["package", job.package],
    ["created", `${job.createdAt} by ${job.createdBy}`],
    ["finished", job.finishedAt],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(8)}  ${harmlessLine(value)}`],
  );
  const stages = job.stages.map(({ name, done, tasks, running, failed }) => {
    const trouble = failed === 0 ? "" : `, ${failed} attempts failed`;
    return harmlessLine(`  ${name}  ${done}/${tasks}, ${running} running${trouble}`);
  });
  const results = job.results.map(({ name, blob, bytes }) =>
    harmlessLine(`  ${name}  ${bytesText(bytes)}  ${blob}`),
  );
  const parts = [
    lines,
    stages.length === 0 ? [] : ["stages", ...stages],
    results.length === 0 ? [] : ["results", ...results],
  ];
  return `${parts.flat().join("\n")}\n`;
}
