import type { WriteAnswer } from "#api/client.ts";
import { keyText } from "#api/resource.ts";
import type { Call } from "#cli/declare.ts";
import { inCreationOrder, readDocuments, type WantedResource } from "#cli/input/documents.ts";
import { readSources } from "#cli/input/sources.ts";
import { plannedAnswer } from "#cli/plan-write.ts";
import { changeLines } from "#cli/output/diff-text.ts";
import { paintFor, type Colour, type Paint } from "#cli/output/paint.ts";
import { print } from "#cli/output/print.ts";
import { countText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc apply -f …`: checks every document, then applies them in order, and stops at the first refusal. */
export async function apply(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const wanted = inCreationOrder(await wantedOf(call, session));
    const ifRevision = revisionOf(call, wanted.length);
    const dryRun = call.flags.has("dryRun");
    const paint = paintFor(call.io, "stdout");
    const done: { readonly wanted: WantedResource; readonly answer: WriteAnswer }[] = [];
    const structured = call.flags.has("json") || call.flags.has("yaml");
    try {
      for (const one of wanted) {
        const answer = dryRun
          ? await plannedAnswer(session, one, wanted, { ifRevision, signal: call.io.signal })
          : await session.client.apply(
              one.kind,
              { ...one.key, labels: one.labels, spec: one.spec },
              { ...(ifRevision === undefined ? {} : { ifRevision }), signal: call.io.signal },
            );
        done.push({ wanted: one, answer });
        if (!structured) call.io.stdout(outcomeText(one, answer, paint));
      }
    } catch (error) {
      if (wanted.length > 1) sayWhatWasDone(call, wanted, done.length, dryRun);
      throw error;
    } finally {
      // What was applied is told also when a later one was refused.
      if (structured) await print(call, { items: done.map(({ answer }) => answer) }, () => "");
    }
  });
}

/** The documents of `-f`. */
export async function wantedOf(call: Call, session: Session): Promise<readonly WantedResource[]> {
  const given = call.flags.list("filename");
  if (given.length === 0) throw new UsageError("-f is missing", "name a file, a folder, or - for stdin");
  const sources = await readSources(given, call.io, session.ports);
  const project = call.flags.text("project");
  return readDocuments(sources, { kinds: session.kinds, project, for: "apply" });
}

/** `project/shop changed (2 fields)`; on a dry run the fields follow. */
export function outcomeText(wanted: WantedResource, answer: WriteAnswer, paint: Paint): string {
  const colours: Partial<Record<WriteAnswer["outcome"], Colour>> = {
    created: "green",
    changed: "yellow",
    unchanged: "dim",
  };
  const colour = colours[answer.outcome];
  const word = colour === undefined ? answer.outcome : paint(colour, answer.outcome);
  const count = answer.outcome === "changed" ? ` (${countText(answer.diff.length, "field")})` : "";
  const dry = answer.dryRun ? " (dry run)" : "";
  const lines = answer.dryRun
    ? answer.diff.flatMap((change) => changeLines(change, paint)).map((line) => `  ${line}\n`)
    : [];
  return `${keyText(wanted.key)} ${word}${count}${dry}\n${lines.join("")}`;
}

function revisionOf(call: Call, documents: number): number | "absent" | undefined {
  const text = call.flags.text("ifRevision");
  if (text === undefined) return undefined;
  if (documents !== 1)
    throw new UsageError("--if-revision is about one resource", `there are ${documents} documents`);
  return text === "absent" ? "absent" : call.flags.whole("ifRevision", 1);
}

function sayWhatWasDone(call: Call, wanted: readonly WantedResource[], done: number, dryRun: boolean): void {
  const refused = wanted[done];
  const rest = wanted.slice(done + 1).map((one) => keyText(one.key));
  const verb = dryRun ? "checked" : "applied";
  call.io.stderr(`${verb} ${done} of ${wanted.length}\n`);
  if (refused !== undefined) call.io.stderr(`refused: ${keyText(refused.key)} (${refused.origin})\n`);
  if (rest.length > 0) {
    const shown = rest.slice(0, 20).join(", ");
    call.io.stderr(`not tried: ${shown}${rest.length > 20 ? ` and ${rest.length - 20} more` : ""}\n`);
  }
}
