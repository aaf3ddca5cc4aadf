import { roles } from "#api/access.ts";
import type { Token } from "#api/accounts.ts";
import type { Call } from "#cli/declare.ts";
import { print, printRows } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText } from "#cli/output/units.ts";
import { withSession } from "#cli/session.ts";

export async function tokenList(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const { items } = await session.client.call(session.client.routes["token.list"], {
      query: call.flags.has("all") ? { all: "true" } : {},
      signal: call.io.signal,
    });
    await printRows(call, { items }, tokenTable(items, session.ports.clock.now()), "no tokens");
  });
}

export async function tokenCreate(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const project = call.flags.text("project");
    const role = call.flags.oneOf("role", roles);
    const expiresMs = call.flags.durationMs("expires");
    const created = await session.client.call(session.client.routes["token.create"], {
      body: {
        name: call.words[0] ?? "",
        ...(project === undefined ? {} : { project }),
        ...(role === undefined ? {} : { role }),
        ...(expiresMs === undefined ? {} : { expiresInSeconds: Math.floor(expiresMs / 1000) }),
      },
      signal: call.io.signal,
    });
    call.io.stderr(
      `token ${created.token.id} until ${created.token.expiresAt}; its secret is shown this once\n`,
    );
    await print(call, created, () => `${created.secret}\n`);
  });
}

export async function tokenRevoke(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    for (const token of call.words) {
      await session.client.call(session.client.routes["token.revoke"], {
        params: { token },
        signal: call.io.signal,
      });
      call.io.stdout(`token/${token} revoked\n`);
    }
  });
}

export function tokenTable(tokens: readonly Token[], nowMs: number): Table {
  return {
    headers: ["ID", "NAME", "USER", "SCOPE", "EXPIRES", "LAST USED", "AGE"],
    rows: tokens.map((token) => [
      token.id,
      token.name,
      token.user,
      [token.role, token.project === undefined ? undefined : `project/${token.project}`]
        .filter((part) => part !== undefined)
        .join(" of "),
      token.expiresAt.slice(0, 10),
      token.lastUsedAt === undefined ? "never" : `${ageText(token.lastUsedAt, nowMs)} ago`,
      ageText(token.createdAt, nowMs),
    ]),
  };
}
