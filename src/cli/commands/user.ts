import type { User } from "#api/accounts.ts";
import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const maxPasswordBytes = 4096;

export async function userList(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const { items } = await session.client.call(session.client.routes["user.list"], {
      signal: call.io.signal,
    });
    await printRows(call, { items }, userTable(items, session.ports.clock.now()), "no users");
  });
}

export async function userCreate(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const title = call.flags.text("title");
    const email = call.flags.text("email");
    const user = await session.client.call(session.client.routes["user.create"], {
      body: {
        name: call.words[0] ?? "",
        owner: call.flags.has("owner"),
        ...(title === undefined ? {} : { title }),
        ...(email === undefined ? {} : { email }),
      },
      signal: call.io.signal,
    });
    await print(call, user, () => `user/${user.name} created\n`);
    call.io.stderr(`next: vdc user link ${user.name}\n`);
  });
}

export async function userLink(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const link = await session.client.call(session.client.routes["user.link"], {
      params: { user: call.words[0] ?? "" },
      signal: call.io.signal,
    });
    call.io.stderr(`works once, until ${link.expiresAt}; give it to ${harmlessLine(link.user)} only\n`);
    await print(call, link, () => `${harmlessLine(link.url)}\n`);
  });
}

export async function userDisable(call: Call): Promise<void> {
  await changeUser(call, { disabled: true }, "disabled; sessions and tokens have ended");
}

export async function userEnable(call: Call): Promise<void> {
  await changeUser(call, { disabled: false }, "enabled");
}

export async function userDelete(call: Call): Promise<void> {
  const name = call.words[0] ?? "";
  if (!call.flags.has("yes")) await confirm(call, name);
  await withSession(call, async (session) => {
    await session.client.call(session.client.routes["user.delete"], {
      params: { user: name },
      signal: call.io.signal,
    });
    call.io.stdout(`user/${name} deleted\n`);
  });
}

/** `vdc user set-password`: your own. */
export async function userSetPassword(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const { client } = session;
    const me = await client.call(client.routes["auth.me"], { signal: call.io.signal });
    const [current, password] = await passwords(call, session, me.hasPassword);
    await client.call(client.routes["auth.change-password"], {
      body: { password, ...(current === undefined ? {} : { current }) },
      signal: call.io.signal,
    });
    call.io.stderr(`password of ${harmlessLine(me.name)} set; other sessions have ended\n`);
  });
}

/** From the terminal without echo, or from stdin: the current one when there is one, then the new one, a line each. */
async function passwords(
  call: Call,
  session: Session,
  hasPassword: boolean,
): Promise<readonly [current: string | undefined, password: string]> {
  const { io } = session;
  if (!io.isTty.stdin) {
    const lines = (await io.readAll(maxPasswordBytes)).split("\n");
    return hasPassword ? [lines[0], lines[1] ?? ""] : [undefined, lines[0] ?? ""];
  }
  const ask = async (question: string) => (await call.io.readLine(question, { secret: true })) ?? "";
  const current = hasPassword ? await ask("Current password: ") : undefined;
  const password = await ask("New password: ");
  if ((await ask("New password again: ")) !== password)
    throw new VdcError("cancelled", "The two are not the same; nothing was changed.");
  return [current, password];
}

async function changeUser(call: Call, change: { readonly disabled: boolean }, said: string): Promise<void> {
  await withSession(call, async (session) => {
    const user = await session.client.call(session.client.routes["user.change"], {
      params: { user: call.words[0] ?? "" },
      body: change,
      signal: call.io.signal,
    });
    await print(call, user, () => `user/${user.name} ${said}\n`);
  });
}

async function confirm(call: Call, name: string): Promise<void> {
  if (!call.io.isTty.stdin || !call.io.isTty.stderr)
    throw new UsageError("deleting needs --yes where nobody can be asked", "add --yes");
  const answer = await call.io.readLine(
    `This deletes user ${harmlessLine(name)} for good. Type the name to go on: `,
  );
  if (answer?.trim() !== name)
    throw new VdcError("cancelled", "The name was not typed; nothing was deleted.");
}

export function userTable(users: readonly User[], nowMs: number): Table {
  return {
    headers: ["NAME", "TITLE", "EMAIL", "ROLE", "STATE", "SEEN", "AGE"],
    rows: users.map((user) => [
      user.name,
      user.title,
      user.email ?? "",
      user.owner ? "owner" : "user",
      user.disabled ? { text: "disabled", colour: "yellow" as const } : "active",
      user.lastSeenAt === undefined ? "never" : `${ageText(user.lastSeenAt, nowMs)} ago`,
      ageText(user.createdAt, nowMs),
    ]),
  };
}
