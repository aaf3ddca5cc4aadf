import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "#test/support/free-port.ts";
import { credentials, findProgram, startProgram, type PeerSettings, type PeerStarter } from "./peer.ts";

const run = promisify(execFile);
const stepMs = 60_000;
const programs = ["ceph", "ceph-mon", "ceph-osd", "ceph-authtool", "monmaptool", "radosgw-admin"];

/** Debian's Ceph: one monitor, an OSD (BlueStore in a file) on each drive, one gateway; no manager, which no request needs. */
export const ceph: PeerStarter = {
  name: "Ceph radosgw",
  absent: "Debian packages radosgw, ceph-mon and ceph-osd",
  find: () => {
    const isComplete = programs.every((name) => findProgram("BENCH_NONE", name) !== undefined);
    return isComplete ? findProgram("BENCH_RADOSGW", "radosgw") : undefined;
  },
  start: async (program, settings) => {
    const { k, m } = layout(settings.drives.length);
    const monitorPort = await freePort();
    const file = await configure(settings, monitorPort);
    await using started = new AsyncDisposableStack();
    const start = async (port: number | undefined, words: readonly [string, ...string[]]) => {
      const [command, ...rest] = words;
      const { directory } = settings;
      const running = await startProgram([command, "-c", file, "-f", ...rest], { port, directory });
      return started.use(running).pid;
    };
    const pids = [await start(monitorPort, ["ceph-mon", "-i", "a"])];
    for (const index of settings.drives.keys()) {
      const id = String(index);
      const uuid = randomUUID();
      await tool(file, "ceph", "osd", "new", uuid, id);
      await tool(file, "ceph-osd", "-i", id, "--mkfs", "--osd-uuid", uuid);
      pids.push(await start(undefined, ["ceph-osd", "-i", id]));
    }
    await createPool(file, k, m);
    await tool(file, "radosgw-admin", ...userWords);
    // The gateway's own default asks for encryption to the monitor, which needs Ceph's keys.
    const gateway = ["-n", "client.rgw", "--ms_mon_client_mode=crc"];
    const listen = `--rgw_frontends=beast endpoint=127.0.0.1:${settings.port} tcp_nodelay=1`;
    pids.push(await start(settings.port, [program, ...gateway, listen]));
    const running = started.move();
    return {
      name: "Ceph radosgw",
      durability: `${k}+${m} on ${k + m} drives, on all of them when it answers; index on 3`,
      pids,
      port: settings.port,
      ...credentials,
      [Symbol.asyncDispose]: async () => await running.disposeAsync(),
    };
  },
};

/** VDC's own table of src/objects/README.md. */
function layout(drives: number): { readonly k: number; readonly m: number } {
  const known = { 3: [2, 1], 4: [2, 2], 5: [3, 2] } as const;
  if (drives < 3) throw new Error("Ceph is compared on three drives and more");
  const [k, m] = drives === 3 || drives === 4 || drives === 5 ? known[drives] : [4, 2];
  return { k, m };
}

const userWords = ["user", "create", "--uid=bench", "--display-name=bench"].concat(
  `--access-key=${credentials.accessKeyId}`,
  `--secret=${credentials.secretAccessKey}`,
);

async function createPool(file: string, k: number, m: number): Promise<void> {
  const profile = [`k=${k}`, `m=${m}`, "crush-failure-domain=osd"];
  await tool(file, "ceph", "osd", "erasure-code-profile", "set", "bench", ...profile);
  const pool = "default.rgw.buckets.data";
  await tool(file, "ceph", "osd", "pool", "create", pool, "32", "32", "erasure", "bench");
  await tool(file, "ceph", "osd", "pool", "application", "enable", pool, "rgw");
}

async function tool(file: string, command: string, ...words: readonly string[]): Promise<void> {
  await run(command, ["-c", file, ...words], { timeout: stepMs });
}

/** Writes the configuration and makes the monitor's store. */
async function configure({ directory, drives }: PeerSettings, monitorPort: number): Promise<string> {
  const file = join(directory, "ceph.conf");
  const keyring = join(directory, "keyring");
  const map = join(directory, "monmap");
  const id = randomUUID();
  const address = `[v2:127.0.0.1:${monitorPort}/0]`;
  const sections = drives.map((drive, index) => `[osd.${index}]\nosd_data = ${drive}\n`).join("\n");
  writeFileSync(file, `${globalSection(id, address, directory)}\n${sections}`);
  mkdirSync(join(directory, "mon"));
  await run("ceph-authtool", [
    "--create-keyring",
    keyring,
    "--gen-key",
    "-n",
    "mon.",
    "--cap",
    "mon",
    "allow *",
  ]);
  await run("monmaptool", ["--create", "--addv", "a", address, "--fsid", id, "--enable-all-features", map]);
  await tool(file, "ceph-mon", "--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring);
  return file;
}

function globalSection(id: string, address: string, directory: string): string {
  return `[global]
fsid = ${id}
mon_host = ${address}
mon_initial_members = a
public_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 3
osd_pool_default_min_size = 2
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_memory_target = 939524096
bluestore_block_size = 21474836480
run_dir = ${directory}
admin_socket =
pid_file =
log_file = /dev/null
crash_dir = ${directory}
keyring = ${join(directory, "keyring")}
mon_data = ${join(directory, "mon")}
mon_data_avail_crit = 1
mon_data_avail_warn = 2
rgw_data = ${join(directory, "rgw")}
rgw_enable_ops_log = false
debug_rgw = 0/0
ms_bind_msgr1 = false
mon_max_pg_per_osd = 500
`;
}
