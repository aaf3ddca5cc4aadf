import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { UsageError } from "#cli/usage-error.ts";

/** Asks for a name before something is done that cannot be undone. Typing it is slower than typing `y`, which is the point of it. */
export async function confirmByName(call: Call, name: string, what: string): Promise<void> {
  if (call.flags.has("yes")) return;
  const { io } = call;
  if (!io.isTty.stdin || !io.isTty.stderr)
    throw new UsageError("this needs --yes where nobody can be asked", "add --yes");
  const answer = await io.readLine(`${harmlessLine(what)} Type ${harmlessLine(name)} to go on: `);
  if (answer?.trim() !== name) throw new VdcError("cancelled", "The name was not typed; nothing was done.");
}
