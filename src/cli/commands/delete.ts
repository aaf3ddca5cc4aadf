import type { WriteAnswer } from "#api/client.ts";
import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import { keyText, type ResourceKey } from "#api/resource.ts";
import { awaitDeletion } from "#cli/await-deletion.ts";
import type { Call } from "#cli/declare.ts";
import { inCreationOrder, readDocuments } from "#cli/input/documents.ts";
import { readSources } from "#cli/input/sources.ts";
import { resolveTargets } from "#cli/input/targets.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print } from "#cli/output/print.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const defaultTimeoutMs = 5 * 60_000;

interface Target {
  readonly kind: KindDefinition;
  readonly key: ResourceKey;
}

/** `vdc delete KIND NAME…` or `-f`: asks first, then waits until it is really gone, unless told otherwise. */
export async function deleteResources(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const targets = await targetsOf(call, session);
    const dryRun = call.flags.has("dryRun");
    if (!dryRun && !call.flags.has("yes")) await confirm(call, targets);
    const done: { readonly key: string; readonly outcome: string }[] = [];
    const structured = call.flags.has("json") || call.flags.has("yaml");
    const tell = (target: Target, outcome: string) => {
      done.push({ key: keyText(target.key), outcome });
      if (!structured) call.io.stdout(`${keyText(target.key)} ${outcome}\n`);
    };
    try {
      for (const target of targets) await deleteOne(call, session, target, dryRun, tell);
    } finally {
      // What is gone is told also when a later one was refused.
      if (structured) await print(call, { items: done }, () => "");
    }
  });
}

async function deleteOne(
  call: Call,
  session: Session,
  target: Target,
  dryRun: boolean,
  tell: (target: Target, outcome: string) => void,
): Promise<void> {
  const answer = await session.client.delete(target.kind, target.key, { dryRun, signal: call.io.signal });
  if (dryRun) return tell(target, `${dryRunWords(answer)} (dry run)`);
  if (answer.outcome === "removed") return tell(target, "deleted");
  if (!call.flags.has("wait")) return tell(target, "deleting");
  const timeoutMs = call.flags.durationMs("timeout") ?? defaultTimeoutMs;
  await awaitDeletion(session, target.kind, answer.resource, { timeoutMs, signal: call.io.signal });
  tell(target, "deleted");
}

function dryRunWords(answer: WriteAnswer): string {
  return answer.outcome === "removed" ? "would be deleted" : "would be deleted after its owners cleaned up";
}

async function targetsOf(call: Call, session: Session): Promise<readonly Target[]> {
  const files = call.flags.list("filename");
  const project = call.flags.text("project");
  if (files.length > 0 && call.words.length > 0)
    throw new UsageError("names and -f were both given", "give one of them");
  if (files.length > 0) {
    const sources = await readSources(files, call.io, session.ports);
    const documents = await readDocuments(sources, { kinds: session.kinds, project, for: "delete" });
    // What lives in a project goes before the project.
    return inCreationOrder(documents).toReversed();
  }
  const { kind, keys } = resolveTargets(session.kinds, call.words, project);
  if (keys.length === 0) throw new UsageError("a name is missing", "delete takes the names of what is to go");
  return keys.map((key) => ({ kind, key }));
}

/** Typing the name is slower than typing `y`, which is the point of it. */
async function confirm(call: Call, targets: readonly Target[]): Promise<void> {
  const { io } = call;
  if (!io.isTty.stdin || !io.isTty.stderr)
    throw new UsageError("deleting needs --yes where nobody can be asked", "add --yes");
  for (const { key } of targets) {
    const answer = await io.readLine(
      `This deletes ${harmlessLine(keyText(key))} and everything in it. Type its name (${key.name}) to go on: `,
    );
    if (answer?.trim() !== key.name)
      throw new VdcError("cancelled", "The name was not typed; nothing was deleted.");
  }
}
