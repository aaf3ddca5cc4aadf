import type { Me } from "#api/accounts.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print } from "#cli/output/print.ts";
import { withSession } from "#cli/session.ts";

/** `vdc whoami`. */
export async function whoami(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const me = await session.client.call(session.client.routes["auth.me"], { signal: call.io.signal });
    await print(call, me, () => whoamiText(me, { name: session.choice.name, where: session.where }));
  });
}

export function whoamiText(me: Me, context: { readonly name: string; readonly where: string }): string {
  const roles = Object.entries(me.projects).map(([project, role]) => `${role} of ${project}`);
  const facts = [
    ["user", me.name],
    [
      "signed in",
      { session: "by a session", token: "by a token", local: "by this machine's socket" }[me.via],
    ],
    ["may", me.owner ? "do everything (owner of the data center)" : roles.join(", ") || "see no project yet"],
    ["until", me.expiresAt ?? "no end"],
    ["context", `${context.name} (${context.where})`],
  ];
  return facts.map(([name = "", value = ""]) => `${`${name}:`.padEnd(11)}${harmlessLine(value)}\n`).join("");
}
