import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { connectObjectStore } from "#main/control/object-store-link.ts";
import { prepareDataDirectory, type DataDirectory } from "#main/data-directory.ts";
import { catalogPart } from "#main/parts/catalog-part.ts";
import { objectsPart, untilReady } from "#main/parts/objects-part.ts";
import type { ProcessPart } from "#main/supervisor/part.ts";
import { version } from "#main/version.ts";
import { credentials, type PeerStarter } from "./peer.ts";

const readyWithinMs = 30_000;
const region = "us-east-1";

/** Our own, as `vdc up` starts it: the catalog and one front for two cores. */
export const vdc: PeerStarter = {
  name: "VDC",
  absent: "",
  find: () => "vdc",
  start: async (_, { port, drives, directory }) => {
    const data = prepareDataDirectory(directory);
    const common = { directory: data, drives, version, clock: systemClock };
    const place = { host: "127.0.0.1", port, region, domains: [] };
    const fronts = Math.max(1, Math.floor(availableParallelism() / 2));
    const parts = [
      catalogPart(common),
      ...Array.from({ length: fronts }, (__, index) =>
        objectsPart({ ...common, name: `objects-${index + 1}`, place }),
      ),
    ];
    await using started = new AsyncDisposableStack();
    const pids: number[] = [];
    for (const part of parts) pids.push(started.use(await startPart(part, data)).pid);
    await putKey(data, port);
    const running = started.move();
    return {
      name: "VDC",
      durability: "synced on k + ⌈m/2⌉ drives, folders too; small ones on 1 + ⌈m/2⌉",
      pids,
      port,
      ...credentials,
      [Symbol.asyncDispose]: async () => await running.disposeAsync(),
    };
  },
};

async function startPart(part: ProcessPart, directory: DataDirectory) {
  const { file, args, cwd, env } = part.launch();
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "ignore", "inherit"] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const pid = child.pid ?? 0;
  const ended = new AbortController();
  child.once("exit", () => ended.abort(new Error(`${part.name} ended`)));
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(readyWithinMs)]);
  await untilReady({ directory, name: part.name, pid, clock: systemClock, signal });
  return {
    pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** What control does with a key that somebody asks for. */
async function putKey({ catalogSocket }: DataDirectory, port: number): Promise<void> {
  const place = { catalogSocket, endpoint: `http://127.0.0.1:${port}`, region };
  using link = connectObjectStore(place, { clock: systemClock, random: systemRandom });
  await link.catalog.putKey({
    key: {
      ...credentials,
      owner: "system",
      project: "bench",
      scope: { access: "full" },
      createdAt: systemClock.now(),
    },
  });
}
