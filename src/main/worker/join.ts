import { hostname, setPriority } from "node:os";
import { VdcError } from "#api/errors.ts";
import { publicKeyOf } from "#burst/packages/signature.ts";
import type { WorkerEvent } from "#burst/worker/burst-worker.ts";
import type { JoinRequest } from "#cli/local/actions.ts";
import { isSafeForSecrets } from "#cli/session.ts";
import { readText } from "#drivers/local-files/local-files.ts";
import { background } from "#lib/background.ts";
import { lightLog } from "#main/gateway/light-log.ts";
import { openDoor, type DoorPlace } from "#main/worker/door.ts";
import { defaultMemoryBytes, defaultSlots } from "#main/worker/machine.ts";
import { startWorker, type WorkerSettings } from "#main/worker/run-worker.ts";

const niceness = 10;
const maxTokenBytes = 4_096;

/** `vdc join`: this machine works for a data center until the request's signal aborts. Resolves to an exit status. */
export async function join(request: JoinRequest): Promise<number> {
  const { say, signal, url } = request;
  process.title = `vdc join ${url}`; // and no token, should the words have had one
  using door = openDoor(await placeOf(request));
  setPriority(niceness);
  const counts = { done: 0, failed: 0 };
  const tell = (event: WorkerEvent) => {
    if (event.type === "finished") counts[event.outcome] += 1;
    else say(lineOf(event));
  };
  const settings = settingsOf(request);
  const log = lightLog({ part: "join" }, "warn", (line) => void process.stderr.write(line));
  const { slots } = settings;
  const worker = await startWorker(settings, door, { tell, log }, new AbortController().signal);
  const each = worker.speed.toFixed(2);
  say(`${slots} ${slots === 1 ? "slot" : "slots"}, each worth ${each} reference cores; joining ${url}`);
  const drain = () => background(worker.drain(), "worker.drain", log);
  signal.addEventListener("abort", drain, { once: true });
  if (signal.aborted) drain();
  const end = await worker.ended;
  say(`${counts.done} tasks done, ${counts.failed} failed`);
  if (end.type === "drained") return 0;
  throw new VdcError("forbidden", `The data center refused this worker: ${end.reason}`);
}

async function placeOf({ url, token, caFingerprint }: JoinRequest): Promise<DoorPlace> {
  if (!isSafeForSecrets(url))
    throw new VdcError("invalid", "A token would cross the network unprotected: use the https address.");
  const secret = "value" in token ? token.value : await tokenFrom(token.file);
  return {
    baseUrl: url.replace(/\/+$/, ""),
    token: secret,
    binding:
      caFingerprint === undefined
        ? { via: "address" }
        : {
            via: "pinned-tls",
            sha256: caFingerprint
              .replace(/^sha256:/, "")
              .replaceAll(":", "")
              .toLowerCase(),
          },
  };
}

async function tokenFrom(file: string): Promise<string> {
  const found = await readText(file, maxTokenBytes);
  const token = found?.text.trim() ?? "";
  if (token === "") throw new VdcError("unauthenticated", `There is no token in ${file}.`);
  return token;
}

function settingsOf(request: JoinRequest): WorkerSettings {
  const { name = hostname(), slots = defaultSlots(), project, trustedKeys, levels } = request;
  return {
    name: name.slice(0, 80),
    kind: "agent",
    slots,
    memoryBytes: request.memoryBytes ?? defaultMemoryBytes(slots),
    levels,
    ...(project === undefined ? {} : { project }),
    ...(trustedKeys.length === 0 ? {} : { trustedKeys: trustedKeys.map(publicKeyOf) }),
  };
}

function lineOf(event: Exclude<WorkerEvent, { readonly type: "finished" }>): string {
  switch (event.type) {
    case "connected":
      return `connected as ${event.worker} (${event.trust}); Ctrl-C finishes what runs and leaves`;
    case "disconnected":
      return `not connected: ${event.reason}; trying again in ${(event.retryInMs / 1000).toFixed(1)} s`;
    case "draining":
      return "leaving: finishing what runs, giving back the rest";
  }
}
