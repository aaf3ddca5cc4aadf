import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { AppSpec, AppStatus } from "#api/kinds/app.ts";
import type { InstanceSpec, InstanceStatus } from "#api/kinds/instance.ts";
import type { ReleaseSpec, ReleaseStatus } from "#api/kinds/release.ts";
import type { Resource } from "#api/resource.ts";
import type { Call } from "#cli/declare.ts";
import { listResources } from "#cli/list-resources.ts";
import type { Session } from "#cli/session.ts";
import { defaultProject } from "#cli/input/targets.ts";
import { UsageError } from "#cli/usage-error.ts";

export interface AppKey {
  readonly project: string;
  readonly name: string;
}

export type App = Resource<AppSpec, AppStatus>;
export type Release = Resource<ReleaseSpec, ReleaseStatus>;
export type Instance = Resource<InstanceSpec, InstanceStatus>;

export function projectOf(call: Pick<Call, "flags">): string {
  return call.flags.text("project") ?? defaultProject;
}

/** `news`, `app/news`, `app/shop/news`; the project is `-p`'s when the word names none. */
export function appKey(call: Pick<Call, "flags">, word: string | undefined): AppKey {
  if (word === undefined || word === "") throw new UsageError("the name of an app is missing");
  const names = word.replace(/^apps?\//, "").split("/");
  const [first = "", second] = names;
  if (names.length === 1) return { project: projectOf(call), name: first };
  if (names.length === 2 && second !== undefined) return { project: first, name: second };
  throw new UsageError(`'${word.slice(0, 100)}' does not name an app`, "write NAME, or app/PROJECT/NAME");
}

/** A kind that the CLI has commands of its own for. */
export function kindOf(
  session: Session,
  name:
    | "app"
    | "instance"
    | "package"
    | "release"
    | "volume"
    | "project"
    | "secret"
    | "bucket"
    | "key"
    | "drive"
    | "subscription",
): KindDefinition {
  const kind = session.kinds.get(name);
  if (kind === undefined) throw new VdcError("unsupported", `There are no ${name}s here.`);
  return kind;
}

export async function getApp(session: Session, key: AppKey): Promise<App> {
  const app = await session.client.get(kindOf(session, "app"), key, session.io.signal);
  return app as unknown as App; // as the kind's schema says
}

/** The app; undefined when there is none. */
export async function findApp(session: Session, key: AppKey): Promise<App | undefined> {
  try {
    return await getApp(session, key);
  } catch (error) {
    if (error instanceof VdcError && error.code === "not-found") return undefined;
    throw error;
  }
}

export async function instancesOf(session: Session, key: AppKey): Promise<readonly Instance[]> {
  return (await ofApp(session, "instance", key)) as unknown as readonly Instance[]; // as the kind's schema says
}

/** Oldest first. */
export async function releasesOf(session: Session, key: AppKey): Promise<readonly Release[]> {
  const releases = (await ofApp(session, "release", key)) as unknown as readonly Release[]; // as the kind's schema says
  return releases.toSorted((a, b) => a.spec.number - b.spec.number);
}

async function ofApp(session: Session, kind: "instance" | "release", key: AppKey) {
  const { items } = await listResources(
    session,
    {
      kind: kindOf(session, kind),
      project: key.project,
      allProjects: false,
      labelSelector: undefined,
      fieldSelector: `spec.app=${key.name}`,
      limit: undefined,
    },
    session.io.signal,
  );
  return items;
}
