import { VdcError } from "#api/errors.ts";
import { join } from "#main/worker/join.ts";

/**
 * What an instance of a pool runs (examples/burst-pool): `vdc join` for the data center that it is an app of. Bundled with task-thread.ts beside it, it needs nothing else
 * of VDC. SIGTERM finishes what runs and gives the rest back.
 */
const { env } = process;
const url = env["VDC_API_URL"];
const instance = env["VDC_INSTANCE"];
const project = env["VDC_PROJECT"];
if (url === undefined || instance === undefined || project === undefined)
  throw new VdcError("invalid", "VDC_API_URL is not set: a pool runs as an app of a data center");
const fingerprint = env["POOL_FINGERPRINT"] ?? "";
const stopping = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stopping.abort());
const status = await join({
  url,
  token: { file: "/run/secrets/join-token" },
  ...(fingerprint === "" ? {} : { caFingerprint: fingerprint }),
  ...(env["POOL_EVERYBODY"] === "true" ? {} : { project }),
  name: instance,
  slots: Number(env["POOL_SLOTS"] ?? "1"),
  trustedKeys: [],
  levels: [],
  say: (line) => void process.stdout.write(`${line}\n`),
  signal: stopping.signal,
});
process.exit(status);
