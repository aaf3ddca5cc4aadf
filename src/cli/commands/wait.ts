import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import { keyText, type Resource, type ResourceKey } from "#api/resource.ts";
import { fieldText, matchesSelector, parseFieldSelector, type Selector } from "#api/selectors.ts";
import type { Call } from "#cli/declare.ts";
import { followOperation, requireSuccess } from "#cli/follow-operation.ts";
import { followResource } from "#cli/follow-resource.ts";
import { resolveTarget } from "#cli/input/targets.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const defaultTimeoutMs = 60_000;

/** `vdc wait KIND/NAME --for=…` and `vdc wait operation/ID`. */
export async function wait(call: Call): Promise<void> {
  const [word = ""] = call.words;
  const timeoutMs = call.flags.durationMs("timeout") ?? defaultTimeoutMs;
  await withSession(call, async (session) => {
    const operation =
      /^(?:operations?|op)\/(.+)$/.exec(word)?.[1] ?? (word.startsWith("op_") ? word : undefined);
    if (operation !== undefined) {
      const last = await followOperation(session, operation, { timeoutMs, signal: call.io.signal });
      requireSuccess(last);
      call.io.stdout(`operation/${harmlessLine(last.id)} ${last.state}\n`);
      return;
    }
    const { kind, key } = resolveTarget(session.kinds, word, call.flags.text("project"));
    const goal = goalOf(call.flags.text("for"));
    await waitForResource(session, kind, key, goal, timeoutMs);
    call.io.stdout(`${keyText(key)} ${goal.name}\n`);
  });
}

interface Goal {
  /** As it was asked for: `deleted`, `status.phase=active`. */
  readonly name: string;
  /** `last` is undefined while there is no such resource. */
  readonly isReached: (last: Resource | undefined) => boolean;
  /** The field that the goal is about. */
  readonly field?: string;
}

function goalOf(text: string | undefined): Goal {
  if (text === undefined)
    throw new UsageError(
      "--for is missing",
      "wait for `deleted`, `created`, or a field: status.phase=active",
    );
  if (text === "deleted") return { name: text, isReached: (last) => last === undefined };
  if (text === "created") return { name: text, isReached: (last) => last !== undefined };
  const selector: Selector = parseFieldSelector(text);
  const [first] = selector;
  if (first === undefined) throw new UsageError("--for is empty");
  return {
    name: harmlessLine(text),
    isReached: (last) => last !== undefined && matchesSelector(last, selector),
    field: first.key,
  };
}

async function waitForResource(
  session: Session,
  kind: KindDefinition,
  key: ResourceKey,
  goal: Goal,
  timeoutMs: number,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let last: Resource | undefined;
  try {
    const signal = AbortSignal.any([deadline, session.io.signal]);
    for await (const state of followResource(session, kind, key, signal)) {
      last = state;
      if (goal.isReached(state)) return;
    }
  } catch (error) {
    if (!deadline.aborted || session.io.signal.aborted) throw error;
    throw new VdcError("timeout", `${keyText(key)} is not ${goal.name}: ${stateText(last, goal)}.`, {
      cause: error,
      extra: { remedy: `See \`vdc describe ${keyText(key)}\`, or wait longer with --timeout.` },
    });
  }
}

function stateText(last: Resource | undefined, goal: Goal): string {
  if (last === undefined) return "it does not exist";
  if (goal.field !== undefined)
    return `${goal.field} is ${harmlessLine(fieldText(last, goal.field) ?? "absent")}`;
  return last.deletingSince === undefined ? "it is there" : "it is being deleted";
}
