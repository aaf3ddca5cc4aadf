import type { WriteAnswer } from "#api/client.ts";
import { keyText } from "#api/resource.ts";
import { wantedOf } from "#cli/commands/apply.ts";
import type { Call } from "#cli/declare.ts";
import { inCreationOrder, type WantedResource } from "#cli/input/documents.ts";
import { plannedAnswer } from "#cli/plan-write.ts";
import { diffText } from "#cli/output/diff-text.ts";
import { paintFor } from "#cli/output/paint.ts";
import { print } from "#cli/output/print.ts";
import { withSession } from "#cli/session.ts";

/** Exit status when there is a difference; every error has a status of 2 or more (kubectl issue 707). */
const differentStatus = 1;

/** `vdc diff -f …`: what `apply` would change, by the server's own dry run. */
export async function diff(call: Call): Promise<number> {
  return withSession(call, async (session) => {
    const wanted = inCreationOrder(await wantedOf(call, session));
    const answers: WriteAnswer[] = [];
    for (const one of wanted) {
      answers.push(await plannedAnswer(session, one, wanted, { signal: call.io.signal }));
    }
    const paint = paintFor(call.io, "stdout");
    const items = wanted.map((one, at) => ({ ...titleOf(one), ...answerOf(answers[at]) }));
    await print(call, { items }, () =>
      wanted.map((one, at) => diffText(headOf(one, answers[at]), answers[at]?.diff ?? [], paint)).join(""),
    );
    return answers.some((answer) => answer.outcome !== "unchanged") ? differentStatus : 0;
  });
}

function titleOf(one: WantedResource) {
  return { ...one.key, origin: one.origin };
}

function answerOf(answer: WriteAnswer | undefined) {
  return answer === undefined ? {} : { outcome: answer.outcome, diff: answer.diff };
}

function headOf(one: WantedResource, answer: WriteAnswer | undefined) {
  const now =
    answer?.outcome === "created" ? "does not exist" : `now, revision ${answer?.resource.revision ?? 0}`;
  return { before: `${keyText(one.key)} (${now})`, after: `${keyText(one.key)} (${one.origin})` };
}
