import { VdcError } from "#api/errors.ts";
import type { OwnerRef } from "#api/resource.ts";
import { bucketSpecSchema } from "#api/kinds/bucket.ts";
import { appLabel } from "#api/objects.ts";
import { instanceSpecSchema } from "#api/kinds/instance.ts";
import { volumeSpecSchema } from "#api/kinds/volume.ts";
import { unreachable } from "#lib/assert.ts";
import { isoTime } from "#lib/clock.ts";
import { deleteAll } from "#control/reconcile/delete-all.ts";
import { keyOf } from "#control/reconcile/key-of.ts";
import type { ActContext } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { AppAction } from "./actions.ts";
import { instanceName } from "./names.ts";
import type { App, Package } from "./observed.ts";
import { projectKey } from "./project-keys.ts";
import type { Notes } from "./notes.ts";
import type { AppReconcilerOptions } from "./reconcile.ts";
import { beginDeploy, endDeploy, showDeploy } from "./release/deploy-operation.ts";
import type { WakeTimers } from "./wake-timers.ts";

interface ActorOptions extends AppReconcilerOptions {
  readonly timers: WakeTimers;
  readonly notes: Notes;
}

type Act = (action: AppAction, context: ActContext) => Promise<"again" | void>;

/** Carries actions out. Each can be done twice: what was done by an earlier pass that died is found and left as it is. */
export function createAppActor(options: ActorOptions): Act {
  return async (action, context) => {
    try {
      return await act(action, options, context);
    } catch (error) {
      // Somebody was faster, or it is on its way out: the next pass looks at what is there now.
      if (error instanceof VdcError && overtaken.has(error.code)) return "again";
      throw error;
    }
  };
}

const overtaken: ReadonlySet<string> = new Set([
  "precondition-failed",
  "not-found",
  "deleting",
  "conflict",
  "already-exists",
]);

async function act(action: AppAction, options: ActorOptions, context: ActContext): Promise<"again" | void> {
  const { resources, operations, events, hooks, clock, random, timers } = options;
  const { by, fence, signal } = context;
  const write = { by, fence };
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, action.app, action.status, write);
    case "write-release":
      await writeStatus(resources, action.release, action.status, write);
      return "again";
    case "make-release": {
      const { app, name, spec } = action;
      const key = { kind: "release", project: app.project ?? "", name };
      const wanted = { ...key, labels: {}, spec, owner: ownerOf(app) };
      await resources.apply(wanted, { ...write, ifRevision: "absent" });
      return "again";
    }
    case "delete-releases":
      return await deleteAll(resources, action.releases.map(keyOf), write, signal);
    case "make-volume":
    case "make-secret":
    case "make-bucket":
    case "put-key":
    case "put-route":
    case "delete-route":
      return await provide(action, options, context);
    case "start-instances":
    case "set-wanted":
    case "delete-instance":
      return await actOnInstances(action, options, context);
    case "run-hook": {
      const { app, release, hook } = action;
      const named = await resources.get({
        kind: "package",
        project: app.project ?? "",
        name: release.spec.package,
      });
      // The store holds what the kind's schema let in.
      if (named !== undefined) hooks.begin(projectKey(app), release, named as Package, hook);
      return undefined;
    }
    case "begin-deploy":
      await operations.put(beginDeploy(action.app, action.release, { clock, random }), fence);
      return "again";
    case "show-deploy": {
      const shown = showDeploy(action.operation, action, clock);
      if (shown !== undefined) await operations.put(shown, fence);
      return undefined;
    }
    case "end-deploy":
      await operations.put(endDeploy(action.operation, action.ending, clock), fence);
      return undefined;
    case "tell": {
      const { app, event } = action;
      const subject = { kind: "app", project: app.project, name: app.name };
      await events.emit([{ ...event, ...inProject(app), subject, actor: by.actor }]);
      return undefined;
    }
    case "finalize":
      await finalize(action.app, options, context);
      return undefined;
    case "wait":
      timers.set(projectKey(action.app), action.ms);
      return undefined;
    default:
      return unreachable(action);
  }
}

type Provision = Extract<
  AppAction,
  { do: "make-volume" | "make-secret" | "make-bucket" | "put-key" | "put-route" | "delete-route" }
>;

async function provide(
  action: Provision,
  options: ActorOptions,
  { by, fence }: ActContext,
): Promise<"again" | void> {
  const { resources, setSecret, random } = options;
  const write = { by, fence };
  switch (action.do) {
    case "make-volume": {
      const { app, name, sizeBytes } = action;
      const spec = volumeSpecSchema.parse({
        description: `Made for app ${app.name}`,
        ...(sizeBytes === undefined ? {} : { sizeBytes }),
      });
      const wanted = { kind: "volume", project: app.project ?? "", name, labels: {}, spec };
      await resources.apply(wanted, { ...write, ifRevision: "absent" });
      return "again";
    }
    case "make-secret": {
      const { app, name, length, setting } = action;
      const description = `Made up for setting ${setting} of app ${app.name}`;
      const value = madeUp(length, random);
      await setSecret({ project: app.project ?? "", name, value, description }, by);
      return "again";
    }
    case "make-bucket": {
      const { app, name, s3Name, requirement, pages } = action;
      const description = `Made for ${requirement} of app ${app.name}`;
      const spec = bucketSpecSchema.parse({ description, pages, ...(s3Name === name ? {} : { s3Name }) });
      const labels = { [appLabel]: app.name };
      const wanted = { kind: "bucket", project: app.project ?? "", name, labels, spec };
      await resources.apply(wanted, { ...write, ifRevision: "absent" });
      return "again";
    }
    case "put-key": {
      const { app, name, labels, spec } = action;
      const key = { kind: "key", project: app.project ?? "", name };
      await resources.apply({ ...key, labels, spec, owner: ownerOf(app) }, write);
      return "again";
    }
    case "put-route": {
      const { app, name, spec } = action;
      const key = { kind: "route", project: app.project ?? "", name };
      await resources.apply({ ...key, labels: {}, spec, owner: ownerOf(app) }, write);
      return "again";
    }
    case "delete-route":
      await resources.delete({ kind: "route", project: action.project, name: action.name }, write);
      return "again";
    default:
      return unreachable(action);
  }
}

type InstanceWork = Extract<AppAction, { do: "start-instances" | "set-wanted" | "delete-instance" }>;

async function actOnInstances(
  action: InstanceWork,
  options: ActorOptions,
  { by, fence, signal }: ActContext,
): Promise<"again" | void> {
  const { resources, clock } = options;
  const write = { by, fence };
  switch (action.do) {
    case "start-instances":
      for (let at = 0; at < action.start.count; at += 1) {
        signal.throwIfAborted();
        const refused = await makeInstance(action, options, write);
        if (refused !== undefined) return options.notes.note(projectKey(action.app), refused);
      }
      return undefined;
    case "set-wanted": {
      const { instance, wanted } = action;
      const wantedSince = isoTime(clock.now());
      await resources.patch(
        keyOf(instance),
        ({ labels, spec }) => ({
          labels,
          // Never back: what is stopped does not drain again.
          spec: spec["wanted"] === "stopped" ? spec : { ...spec, wanted, wantedSince },
        }),
        write,
      );
      return undefined;
    }
    case "delete-instance":
      await resources.delete(keyOf(action.instance), write);
      return undefined;
    default:
      return unreachable(action);
  }
}

/** What the quota does not allow, in words: the app says so, and a later pass tries again. */
async function makeInstance(
  { app, start }: Extract<AppAction, { do: "start-instances" }>,
  { resources, random }: ActorOptions,
  write: { readonly by: ActContext["by"]; readonly fence: ActContext["fence"] },
): Promise<string | undefined> {
  const { component, release, engine, machine, attempt } = start;
  const name = instanceName(app.name, component, release, chance(random));
  const spec = instanceSpecSchema.parse({
    app: app.name,
    component,
    release,
    engine,
    machine,
    ...(attempt === 0 ? {} : { attempt }),
  });
  const key = { kind: "instance", project: app.project ?? "", name };
  try {
    await resources.apply(
      { ...key, labels: {}, spec, owner: ownerOf(app) },
      { ...write, ifRevision: "absent" },
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "quota-exceeded")) throw error;
    return error.message;
  }
}

async function finalize(app: App, { resources }: ActorOptions, { by, fence }: ActContext): Promise<void> {
  try {
    await resources.finalize(keyOf(app), { by, fence });
  } catch (error) {
    // Releases that it owns are still being removed: the change that ends that brings the next pass.
    if (!(error instanceof VdcError && (error.code === "in-use" || error.code === "not-found"))) throw error;
  }
}

function ownerOf({ kind, project, name, id }: App): OwnerRef {
  return { kind, name, id, ...(project === undefined ? {} : { project }) };
}

function inProject({ project }: App): { readonly project?: string } {
  return project === undefined ? {} : { project };
}

const nameLetters = "0123456789abcdefghjkmnpqrstvwxyz";
const chanceLetters = 5;

function chance(random: ActorOptions["random"]): string {
  return [...random.bytes(chanceLetters)]
    .map((byte) => nameLetters.charAt(byte % nameLetters.length))
    .join("");
}

const secretLetters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.~+=:";

/** 64 letters: each of the 256 values of a byte gives one of them with the same chance. */
function madeUp(length: number, random: ActorOptions["random"]): string {
  return [...random.bytes(length)].map((byte) => secretLetters.charAt(byte % secretLetters.length)).join("");
}
