import { projectOf } from "#cli/apps/app-target.ts";
import { secretValue } from "#cli/apps/settings-input.ts";
import type { Call } from "#cli/declare.ts";
import { print } from "#cli/output/print.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc secret set NAME`: the value comes from the terminal without echo, from stdin or from a file, never from the words. */
export async function secretSet(call: Call): Promise<void> {
  const [name, ...more] = call.words;
  if (name === undefined) throw new UsageError("the name of a secret is missing");
  if (more.length > 0)
    throw new UsageError(
      "a value must not be on the command line, where others can read it",
      `pipe it: \`vdc secret set ${name} < FILE\``,
    );
  const file = call.flags.text("file");
  const isAsked = file === undefined && call.io.isTty.stdin;
  const value = await secretValue(
    call,
    `Value of ${name}`,
    isAsked ? "" : file === undefined ? "-" : `@${file}`,
  );
  await withSession(call, async (session) => {
    const { version } = await session.client.call(session.client.routes["secret.set"], {
      params: { project: projectOf(call), name },
      body: { value },
      signal: call.io.signal,
    });
    await print(call, { name, version }, () => `secret/${name} has version ${version}\n`);
  });
}
