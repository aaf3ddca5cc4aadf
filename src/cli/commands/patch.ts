import { keyText } from "#api/resource.ts";
import { VdcError } from "#api/errors.ts";
import { readYaml } from "#cli/input/yaml.ts";
import { readSources } from "#cli/input/sources.ts";
import { resolveTargets } from "#cli/input/targets.ts";
import type { Call } from "#cli/declare.ts";
import { changeLines } from "#cli/output/diff-text.ts";
import { paintFor } from "#cli/output/paint.ts";
import { print } from "#cli/output/print.ts";
import { countText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { isJsonObject, type JsonObject } from "#lib/json.ts";

/** `vdc patch KIND NAME --patch …`: an RFC 7396 merge patch over labels and spec. */
export async function patch(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const { kind, keys } = resolveTargets(session.kinds, call.words, call.flags.text("project"));
    const [key] = keys;
    if (key === undefined || keys.length > 1) throw new UsageError("patch takes one name");
    const change = await patchOf(call, session);
    const ifRevision = call.flags.whole("ifRevision", 1);
    const answer = await session.client.patch(kind, key, change, {
      dryRun: call.flags.has("dryRun"),
      signal: call.io.signal,
      ...(ifRevision === undefined ? {} : { ifRevision }),
    });
    const paint = paintFor(call.io, "stdout");
    await print(call, answer, () => {
      const count = answer.outcome === "changed" ? ` (${countText(answer.diff.length, "field")})` : "";
      const head = `${keyText(key)} ${answer.outcome}${count}${answer.dryRun ? " (dry run)" : ""}\n`;
      const fields = answer.diff.flatMap((one) => changeLines(one, paint)).map((line) => `  ${line}\n`);
      return head + fields.join("");
    });
  });
}

async function patchOf(
  call: Call,
  session: Session,
): Promise<{ readonly labels?: Readonly<Record<string, string | null>>; readonly spec?: JsonObject }> {
  const text = call.flags.text("patch");
  if (text === undefined) throw new UsageError("--patch is missing", "give a merge patch as JSON or YAML");
  const [source] = /^[@-]/.test(text)
    ? await readSources([text.replace(/^@/, "")], call.io, session.ports)
    : [{ name: "--patch", text }];
  const [value, ...more] = source === undefined ? [] : await readYaml(source);
  if (value === undefined || more.length > 0 || !isJsonObject(value.value))
    throw new VdcError("invalid", "The patch is not one mapping of labels and spec.");
  // The server checks the patch against the kind, where a null removes a field; only the outer form is known here.
  return value.value;
}
