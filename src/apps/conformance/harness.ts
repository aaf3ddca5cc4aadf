import assert from "node:assert/strict";
import { VdcError, type ErrorCode } from "#api/errors.ts";
import { componentSchema, type Component } from "#api/manifest.ts";
import type {
  ExecSession,
  InstanceEngine,
  InstanceObservation,
  InstanceRun,
  LogLine,
  LogQuery,
} from "#apps/engine.ts";
import type { Behaviour } from "#apps/engines/model/behaviour.ts";
import type { RestartLimits } from "#apps/engines/restart-policy.ts";

/** An engine under test, with what the suite needs around it. */
export interface EngineHarness extends AsyncDisposable {
  readonly engine: InstanceEngine;
  /** Closes nothing: opens a second engine on the same machine, as another control process does. */
  open(): Promise<InstanceEngine>;
  /** The command of a program that behaves so. It serves HTTP on PORT when it is ready. */
  command(behaviour: Behaviour): readonly string[];
  /** What that program needs. */
  readonly runtime: Component["runtime"];
  freePort(): Promise<number>;
  waitFor<T>(
    condition: () => Promise<T | undefined>,
    options: { readonly withinMs: number; readonly what: string },
  ): Promise<T>;
}

/** Opens an engine on an empty machine with these limits. */
export type OpenHarness = (limits: RestartLimits) => Promise<EngineHarness>;

/** Short, so that a crash loop takes less than a second. */
export const conformanceLimits: RestartLimits = {
  baseMs: 20,
  maxMs: 100,
  stableMs: 5_000,
  crashLoopAfter: 3,
};

export const startedWithinMs = 10_000;
let lastNumber = 0;

/** Everything an instance of the suite can be, with plain defaults. */
export interface Wanted {
  readonly behaviour?: Behaviour;
  readonly component?: Partial<Component>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secretFiles?: Readonly<Record<string, string>>;
  readonly volumes?: InstanceRun["volumes"];
}

/** A run of a fresh id and port; serves unless the component says that it does not. */
export async function newRun(harness: EngineHarness, wanted: Wanted = {}): Promise<InstanceRun> {
  const number = (lastNumber += 1);
  const listens = wanted.component?.listens ?? true;
  const port = listens ? await harness.freePort() : 0;
  const component = componentSchema.parse({
    name: "web",
    engines: [harness.engine.name],
    runtime: harness.runtime,
    command: [...harness.command(wanted.behaviour ?? {})],
    workingDirectory: "/tmp",
    port: 0,
    listens,
    ...wanted.component,
  });
  return {
    id: `res_conformance${process.pid}x${number}`,
    identity: {
      project: "shop",
      app: "news",
      component: "web",
      instance: `news-web-${number}`,
      release: 1,
    },
    component,
    environment: { PORT: String(port), ...wanted.environment },
    secretFiles: wanted.secretFiles ?? {},
    volumes: wanted.volumes ?? [],
    address: "127.0.0.1",
    port,
    accountIndex: 1,
  };
}

/** Starts a fresh instance and gives its id. */
export async function started(harness: EngineHarness, wanted: Wanted = {}): Promise<string> {
  const run = await newRun(harness, wanted);
  await harness.engine.start(run);
  return run.id;
}

/** Waits until the instance looks as wanted, and gives what was seen. */
export async function seen(
  harness: EngineHarness,
  id: string,
  what: string,
  isWanted: (observation: InstanceObservation) => boolean,
  engine: InstanceEngine = harness.engine,
): Promise<InstanceObservation> {
  let last: InstanceObservation | undefined;
  try {
    return await harness.waitFor(
      async () => {
        last = await engine.observe(id);
        return last !== undefined && isWanted(last) ? last : undefined;
      },
      { withinMs: startedWithinMs, what },
    );
  } catch (error) {
    throw new Error(`${what}; seen last: ${JSON.stringify(last)}`, { cause: error });
  }
}

export async function ready(harness: EngineHarness, id: string): Promise<InstanceObservation> {
  return await seen(harness, id, "the instance is ready", ({ phase }) => phase === "ready");
}

/** Ends an instance for good, whatever its test left of it. */
export async function discard(harness: EngineHarness, id: string): Promise<void> {
  await harness.engine.stop(id, { graceMs: 0 });
  await harness.engine.remove(id);
}

/** All lines that there are now. */
export async function linesOf(
  harness: EngineHarness,
  id: string,
  query: Partial<LogQuery> = {},
): Promise<LogLine[]> {
  const signal = new AbortController().signal;
  return await Array.fromAsync(harness.engine.logs(id, { tail: 1_000, follow: false, ...query }, signal));
}

/** Texts that the program itself wrote. */
export function saidBy(lines: readonly LogLine[]): string[] {
  return lines.filter(({ stream }) => stream !== "vdc").map(({ text }) => text);
}

/** Everything that a session writes until it ends. */
export async function outputOf(session: ExecSession): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const { data } of session.output) chunks.push(data);
  return Buffer.concat(chunks).toString("utf8");
}

/** Fails unless it is refused with this code. */
export async function refused(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof VdcError, `refused with ${code}, and not ${String(error)}`);
  assert.equal(error.code, code);
}
