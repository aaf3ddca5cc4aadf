import { VdcError } from "#api/errors.ts";
import { loadConfig, saveConfig, withContext } from "#cli/contexts/config.ts";
import type { Call } from "#cli/declare.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc logout`: revokes the context's token and forgets it. The context stays, for the next `vdc login`. */
export async function logout(call: Call): Promise<void> {
  const { name, said } = await withSession(call, async (session) => {
    const { choice, client } = session;
    if (choice.by === "data")
      throw new UsageError(`'${choice.name}' is this machine's own data center and needs no sign-in`);
    try {
      await client.call(client.routes["auth.sign-out"], { signal: call.io.signal });
      return { name: choice.name, said: "the token is revoked" };
    } catch (error) {
      // A token that no longer works is as good as revoked; anything else may leave it alive, and is told.
      if (error instanceof VdcError && error.code === "unauthenticated")
        return { name: choice.name, said: "the token had ended already" };
      throw error;
    }
  });
  const ports = await call.io.ports();
  const config = await loadConfig(call.io, ports);
  const context = config.contexts.find((one) => one.name === name);
  if (context !== undefined) {
    const { token: _, ...rest } = context;
    await saveConfig(call.io, ports, withContext(config, rest));
  }
  call.io.stderr(`signed out of '${name}': ${said}\n`);
}
