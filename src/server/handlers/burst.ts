import { roleAtLeast } from "#api/access.ts";
import { VdcError } from "#api/errors.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { WorkerRights } from "../burst-services.ts";
import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";
import { viewableProjects } from "../watch/require-project.ts";

/** Burst: jobs, what they are made of, and who works for them. */
export function burstHandlers(services: Pick<Services, "burst">) {
  return { ...materialHandlers(services), ...jobHandlers(services), ...workerHandlers(services) };
}

/** What jobs are made of: graphs, blobs, packages. */
function materialHandlers({
  burst,
}: Pick<Services, "burst">): HandlersFor<
  | "burst.put-graph"
  | "burst.blobs"
  | "burst.put-file"
  | "burst.file"
  | "burst.admit"
  | "burst.sign"
  | "burst.key"
  | "burst.package"
> {
  return {
    "burst.put-graph": async ({ params, upload, by }) => await burst.putGraph(params.project, upload, by),
    "burst.blobs": async ({ params, body }) => await burst.blobs(params.project, body),
    "burst.put-file": async ({ params, upload, by }) => await burst.putFile(params.project, upload, by),
    "burst.file": async ({ params }) => ({
      mediaType: "application/octet-stream",
      bytes: await burst.file(params.project, params.sha256),
    }),
    "burst.admit": async ({ params, body: { allowOlder, ...signed }, principal, by }) => {
      if (allowOlder && !principal.owner)
        throw new VdcError("forbidden", "Only an owner of the data center brings an older version back.");
      return { package: await burst.admit(params.project, signed, { mayGoBack: allowOlder, by }) };
    },
    "burst.sign": async ({ body, by }) => await burst.sign(body.manifest, by),
    "burst.key": () => ({ publicKey: burst.publicKey() }),
    "burst.package": async ({ params }) => await burst.manifest(params.project, params.package),
  };
}

/** Jobs from order to end. */
function jobHandlers({
  burst,
}: Pick<Services, "burst">): HandlersFor<
  | "job.create"
  | "job.list"
  | "job.get"
  | "job.tasks"
  | "job.results"
  | "job.watch"
  | "job.cancel"
  | "job.pause"
  | "job.resume"
  | "job.raise-bound"
> {
  return {
    "job.create": async ({ params, body, by }) => await burst.create({ ...body, ...params }, by),
    "job.list": async ({ query: { project, before, limit }, principal }) => ({
      items: await burst.list({ projects: viewableProjects(principal, project), before, limit }),
    }),
    "job.get": async ({ params }) => await burst.get(params.project, params.job),
    "job.tasks": async ({ params, query }) => await burst.tasks(params.project, params.job, query),
    "job.results": async ({ params }) => await burst.results(params.project, params.job),
    "job.watch": async ({ params }) => {
      await burst.get(params.project, params.job); // what is not there is told before the stream begins
      return async (stream) => {
        for await (const progress of burst.watch(params.project, params.job, stream.signal))
          await stream.send(`event: progress\ndata: ${JSON.stringify(progress)}\n\n`);
      };
    },
    "job.cancel": async ({ params, by }) => await burst.cancel(params.project, params.job, by),
    "job.pause": async ({ params, by }) => await burst.pause(params.project, params.job, by),
    "job.resume": async ({ params, by }) => await burst.resume(params.project, params.job, by),
    "job.raise-bound": async ({ params, body, by }) =>
      await burst.raiseBound(params.project, params.job, BigInt(body.bound), by),
  };
}

/** Who works, and the door for those who would. */
function workerHandlers({
  burst,
}: Pick<Services, "burst">): HandlersFor<
  "burst.cluster" | "burst.watch" | "burst.connect" | "worker.drain" | "worker.release"
> {
  return {
    "burst.cluster": async ({ principal }) => await burst.cluster(visibleTo(principal)),
    "burst.watch": async () => {
      await burst.ready(); // told before the stream begins
      return async (stream) => {
        const maySee = (project: string | undefined) => visibleTo(stream.principal)(project);
        for await (const cluster of burst.watchCluster(maySee, stream.signal))
          await stream.send(`event: cluster\ndata: ${JSON.stringify(cluster)}\n\n`);
      };
    },
    "burst.connect": async ({ principal }) => {
      if (!mayWork(principal))
        throw new VdcError("forbidden", "A worker needs a role in a project, or an owner's credential.");
      await burst.ready();
      return async (peer) => {
        // The role as it is when the worker says for whom it works; a socket ends when its sign-in does.
        const rights: WorkerRights = {
          who: principal.userId ?? `${principal.actor.type}:${principal.actor.id}`,
          onlyProject: onlyProject(principal),
          trust: (project) => trustOf(peer.principal, project),
        };
        await burst.connect(peer, rights);
      };
    },
    "worker.drain": async ({ params }) => {
      await burst.drain(params.worker);
      return {};
    },
    "worker.release": async ({ params, by }) => {
      await burst.release(params.worker, by);
      return {};
    },
  };
}

/** Workers of all projects are everybody's to see: they work for everybody. */
function visibleTo(principal: Principal): (project: string | undefined) => boolean {
  return (project) => project === undefined || principal.owner || principal.roleIn(project) !== undefined;
}

function mayWork(principal: Principal): boolean {
  return principal.owner || Object.keys(principal.projects()).length > 0;
}

/** A token of `vdc worker token` is for one project: its machine need not name it. */
function onlyProject(principal: Principal): string | undefined {
  const [only, ...more] = Object.entries(principal.projects());
  return only !== undefined && more.length === 0 && roleAtLeast(only[1], "operator") ? only[0] : undefined;
}

/** Who may only look is no more believed than a stranger: a volunteer. */
function trustOf(principal: Principal, project: string | undefined): ReturnType<WorkerRights["trust"]> {
  if (project === undefined) return principal.owner ? "pool" : undefined;
  const role = principal.roleIn(project);
  if (principal.owner || roleAtLeast(role, "operator")) return "own";
  return role === undefined ? undefined : "volunteer";
}
