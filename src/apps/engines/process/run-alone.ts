import { VdcError } from "#api/errors.ts";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import { launchSandbox } from "#drivers/sandbox/launch.ts";
import { lineReader } from "#drivers/sandbox/line-reader.ts";
import { faultOfSpec, type SandboxSpec } from "#drivers/sandbox/spec.ts";
import type { Clock } from "#lib/clock.ts";

let lastRun = 0;

/** Runs the command of a spec to its end in a sandbox of its own; it dies with us. */
export async function runAlone(
  spec: SandboxSpec,
  facts: SandboxFacts,
  options: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly onLine: (line: string) => void;
    readonly clock: Clock;
  },
): Promise<{ code?: number; signal?: string; timedOut: boolean }> {
  const fault = faultOfSpec(spec);
  if (fault !== undefined) throw new VdcError("invalid", fault);
  options.signal.throwIfAborted();
  lastRun += 1;
  const sandbox = await launchSandbox({ ...spec, id: `${spec.id}-${lastRun}`.slice(-64) }, facts);
  const read = [sandbox.stdout, sandbox.stderr].map(
    async (stream) => await lineReader(stream, options.onLine),
  );
  let timedOut = false;
  using _timer = options.clock.after(options.timeoutMs, () => {
    timedOut = true;
    sandbox.kill();
  });
  const onAbort = () => sandbox.kill();
  options.signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { code, signal } = await sandbox.ended;
    await Promise.all(read);
    const end = { ...(code === undefined ? {} : { code }), ...(signal === undefined ? {} : { signal }) };
    return timedOut ? { timedOut } : { ...end, timedOut };
  } finally {
    options.signal.removeEventListener("abort", onAbort);
    await sandbox.removeGroup(options.clock);
  }
}
