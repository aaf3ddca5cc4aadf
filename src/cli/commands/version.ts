import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print } from "#cli/output/print.ts";
import { placeOf } from "#cli/place.ts";
import { withSession } from "#cli/session.ts";

/** `vdc version`: of this program, and of the data center when it answers. */
export async function version(call: Call): Promise<void> {
  const client = call.program.version() ?? "unknown";
  const server = call.flags.has("client") ? undefined : await serverVersion(call);
  const value = { client, ...(server?.version === undefined ? {} : { server: server.version }) };
  await print(call, value, () => {
    const lines = [`vdc ${client}`];
    if (server?.version !== undefined)
      lines.push(`data center ${harmlessLine(server.version)} at ${server.where}`);
    return `${lines.join("\n")}\n`;
  });
  if (server !== undefined && server.version === undefined)
    call.io.stderr(`the data center does not answer${server.where === "" ? "" : ` at ${server.where}`}\n`);
}

async function serverVersion(call: Call): Promise<{ readonly version?: string; readonly where: string }> {
  try {
    return await withSession(call, async (session) => {
      const answer = await session.client.call(session.client.routes["system.version"], {
        signal: call.io.signal,
      });
      return { version: answer.version, where: session.where };
    });
  } catch (error) {
    // Without a data center this program's own version is still the answer.
    if (error instanceof VdcError && error.code === "unreachable")
      return { where: placeOf(error)?.where ?? "" };
    throw error;
  }
}
