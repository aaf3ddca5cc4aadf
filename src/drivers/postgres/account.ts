import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const limits = { timeout: 15_000, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" } } as const;

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Our own system account, and the one that Debian's PostgreSQL package makes. */
export const accountNames = ["vdc-postgres", "postgres"] as const;

/**
 * The account that PostgreSQL runs as when we are root: the server refuses to run as root. Ours is made on first use;
 * where accounts cannot be made (a read-only /etc, no useradd) the one of Debian's package serves. Undefined when there is neither.
 */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  const own = await findAccount(accountNames[0]);
  if (own !== undefined) return own;
  const words = [
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
  ];
  // Refused or missing: the fallback below decides. Two first runs at once: one of them finds what the other made.
  await run("useradd", [...words, accountNames[0]], limits).catch(() => undefined);
  return (await findAccount(accountNames[0])) ?? (await findAccount(accountNames[1]));
}

/** getent asks what the system asks, directory services included. */
async function findAccount(name: string): Promise<Account | undefined> {
  try {
    const { stdout } = await run("getent", ["passwd", name], limits);
    const [, , uid, gid] = stdout.trim().split(":").map(Number);
    return uid === undefined || gid === undefined || Number.isNaN(uid) || uid === 0
      ? undefined
      : { name, uid, gid };
  } catch {
    return undefined; // getent ends with status 2 when there is no such account
  }
}

/** Whether the account can use a path, tried by the account itself: modes of all parents, ACLs and mounts decide. */
export async function canUse(account: Account, test: "-x" | "-r" | "-w", path: string): Promise<boolean> {
  try {
    await run("/usr/bin/test", [test, path], { ...limits, uid: account.uid, gid: account.gid, cwd: "/" });
    return true;
  } catch {
    return false; // status 1 is test's "no"
  }
}
