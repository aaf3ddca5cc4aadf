import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "#test/support/wait-for.ts";
import { freePort } from "#test/support/free-port.ts";

export interface Etcd extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** Debian's `etcd-server`, one member, default durability: the raft log is fsynced before a put is answered. */
export async function startEtcd(): Promise<Etcd> {
  const directory = mkdtempSync(join(tmpdir(), "bench-etcd-"));
  const [client, peer] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
  const words = [
    "--data-dir",
    directory,
    "--listen-client-urls",
    `${client}`,
    "--advertise-client-urls",
    `${client}`,
  ];
  words.push(
    "--listen-peer-urls",
    `${peer}`,
    "--initial-advertise-peer-urls",
    `${peer}`,
    "--initial-cluster",
    `default=${peer}`,
  );
  const child = spawn("etcd", words, { stdio: "ignore" });
  const failed = new Promise<never>((_, reject) =>
    child.once("error", (cause) =>
      reject(new Error("etcd is not installed (Debian package etcd-server)", { cause })),
    ),
  );
  const healthy = waitFor(
    async () => (await fetch(`${client}/health`).catch(() => undefined))?.ok || undefined,
    { withinMs: 20_000, what: "etcd answers" },
  );
  await Promise.race([healthy, failed]);
  return {
    url: `${client}`,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
