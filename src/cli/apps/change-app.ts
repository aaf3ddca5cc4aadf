import type { WriteAnswer } from "#api/client.ts";
import { VdcError } from "#api/errors.ts";
import type { AppPlan } from "#api/apps.ts";
import type { AppSpec } from "#api/kinds/app.ts";
import type { JsonObject } from "#lib/json.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { paintFor } from "#cli/output/paint.ts";
import { formatOf, print } from "#cli/output/print.ts";
import type { Session } from "#cli/session.ts";
import { findApp, kindOf, type App, type AppKey } from "./app-target.ts";
import { planText } from "./app-text.ts";
import { failureText, followApp, tellEnding } from "./follow-app.ts";

const defaultTimeoutMs = 10 * 60_000;

/** A spec as it is sent: what is left out takes its default. */
export type WantedSpec = Partial<AppSpec> & Pick<AppSpec, "package">;

export interface Change {
  readonly key: AppKey;
  /** The app as it was read; absent when it is new. */
  readonly before: App | undefined;
  readonly spec: WantedSpec;
  /** Values of settings that are set, once the person has agreed, by this name of a secret. */
  readonly secrets: ReadonlyMap<string, { readonly secret: string; readonly value: string }>;
}

/**
 * Shows what a change of an app would do, asks where somebody can be asked, does it, and follows it to its end. Throws
 * `invalid` for what the plan says cannot be done, and what `tellEnding` throws.
 */
export async function changeApp(call: Call, session: Session, change: Change): Promise<void> {
  const plan = await planOf(session, change);
  const isTable = formatOf(call) === "table";
  if (call.flags.has("dryRun"))
    return await print(
      call,
      plan,
      () => `${headline(plan, change)} (dry run)\n${planText(plan, paintFor(call.io, "stdout"))}`,
    );
  if (change.before !== undefined && !call.flags.has("yes") && call.io.isTty.stdin && call.io.isTty.stdout)
    await agree(call, plan, change);
  else if (isTable) for (const warning of plan.warnings) call.io.stderr(`note: ${harmlessLine(warning)}\n`);
  for (const { secret, value } of change.secrets.values())
    await session.client.call(session.client.routes["secret.set"], {
      params: { project: change.key.project, name: secret },
      body: { value },
      signal: call.io.signal,
    });
  const answer = await applyAsShown(session, change);
  const said = answer.outcome === "unchanged" && change.secrets.size === 0 ? "unchanged" : "applied";
  await finish(call, session, change.key, { app: answer.resource as unknown as App, said }); // as the kind's schema says
}

/** Writes of its status move an app's revision all the time; only a change of its spec is one that was not shown. */
const applyAttempts = 10;

/** What was shown is what is done: an app that somebody changed meanwhile is not written over. Throws `conflict`. */
async function applyAsShown(session: Session, { key, before, spec }: Change): Promise<WriteAnswer> {
  const kind = kindOf(session, "app");
  const { signal } = session.io;
  let ifRevision: number | "absent" = before?.revision ?? "absent";
  for (let attempt = 1; ; attempt += 1) {
    try {
      const wanted = { ...key, labels: before?.labels ?? {}, spec: asJson(spec) };
      return await session.client.apply(kind, wanted, { ifRevision, signal });
    } catch (error) {
      if (!(error instanceof VdcError && error.code === "precondition-failed")) throw error;
      const now = await findApp(session, key);
      if (now?.id !== before?.id || now?.generation !== before?.generation || attempt === applyAttempts)
        throw new VdcError(
          "conflict",
          `${key.name} was changed by somebody else meanwhile; nothing was changed.`,
          {
            cause: error,
            extra: { remedy: "Look at it, and call this again." },
          },
        );
      ifRevision = now?.revision ?? "absent";
    }
  }
}

/**
 * Waits for what was asked for, unless told otherwise, and prints where the app is then. `failedBefore`: a release that
 * had failed already, and that this call does not touch; it is told of and is no failure of this call.
 */
export async function finish(
  call: Call,
  session: Session,
  key: AppKey,
  {
    app,
    said,
    failedBefore,
  }: { readonly app: App; readonly said: string; readonly failedBefore?: number | undefined },
): Promise<void> {
  if (!call.flags.has("wait"))
    return await print(call, app, () => `app/${key.name} ${said}; it goes on in the data center\n`);
  const timeoutMs = call.flags.durationMs("timeout") ?? defaultTimeoutMs;
  const ended = await followApp(session, key, { generation: app.generation, timeoutMs });
  if (formatOf(call) !== "table") await print(call, ended.app, () => "");
  const isOlder = failedBefore !== undefined && failedBefore === ended.app.status.wantedRelease;
  if (isOlder && (ended.ending === "rolled-back" || ended.ending === "failed")) {
    if (formatOf(call) === "table") call.io.stdout(`app/${key.name} ${said}\n`);
    call.io.stderr(`note: ${harmlessLine(failureText(key, ended.app.status, ended.ending))}\n`);
    return;
  }
  const text = await tellEnding(session, key, ended);
  if (formatOf(call) === "table") call.io.stdout(text);
}

async function planOf(session: Session, { key, spec, secrets }: Change): Promise<AppPlan> {
  const plan = await session.client.call(session.client.routes["app.plan"], {
    params: key,
    body: { spec },
    signal: session.io.signal,
  });
  // A secret that this call is about to set is not missing.
  const isOurs = (path: string) =>
    [...secrets.keys()].some(
      (setting) => path === `spec.settings.${setting}` || path.startsWith(`spec.settings.${setting}.`),
    );
  const problems = plan.problems.filter(({ path }) => !isOurs(path));
  const [first] = problems;
  if (first === undefined) return plan;
  throw new VdcError("invalid", `${key.name} cannot be deployed like this: ${first.message}`, {
    fields: problems,
  });
}

async function agree(call: Call, plan: AppPlan, change: Change): Promise<void> {
  if (plan.outcome === "nothing" && change.secrets.size === 0) return;
  call.io.stderr(`${headline(plan, change)}\n${planText(plan, paintFor(call.io, "stderr"))}`);
  const answer = await call.io.readLine("Go on? [y/N] ");
  if (!/^y(es)?$/i.test(answer?.trim() ?? "")) throw new VdcError("cancelled", "Nothing was changed.");
}

function headline(plan: AppPlan, { key }: Change): string {
  const release = plan.release === undefined ? "" : `: release ${plan.release}`;
  switch (plan.outcome) {
    case "install":
      return `app/${key.name} would be installed${release}`;
    case "release":
      return `app/${key.name} would get a new release${release}`;
    case "scale":
      return `app/${key.name} would be scaled`;
    case "settings":
      return `app/${key.name} would be changed without a new release`;
    case "nothing":
      return `app/${key.name} would stay as it is`;
  }
}

/** What the contract's types call a spec is JSON; members that are undefined are left out. */
function asJson(spec: WantedSpec): JsonObject {
  return JSON.parse(JSON.stringify(spec)) as JsonObject; // it was an object
}
