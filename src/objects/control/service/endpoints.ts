import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { NotificationEndpoint } from "#api/objects.ts";
import type { EndpointView } from "../../admin.ts";
import { endpointProblem } from "../../care/endpoint-target.ts";
import { requireStore, type Named, type ObjectsServiceOptions } from "./base.ts";
import { told } from "./told.ts";

const secretBytes = 24;
/** All of them are read at once wherever one is looked for. */
const endpointsMax = 1_000;

/** Where events of buckets are sent: rules of a bucket name them as `arn:vdc:webhook::PROJECT:NAME`. */
export function endpointService(options: ObjectsServiceOptions) {
  const { store, resources, audit, random } = options;
  const record = async (verb: string, { project, name }: Named, detail: { host: string }, by: Attribution) =>
    await audit.append([
      { ...by, verb, target: { kind: "notification-endpoint", project, name }, outcome: "done", detail },
    ]);
  return {
    endpoints: async (): Promise<NotificationEndpoint[]> => {
      const { catalog } = requireStore(store);
      return (await told(catalog.endpoints({}))).map(endpointView);
    },
    putEndpoint: async (
      named: Named,
      request: { readonly url: string; readonly allowPrivate: boolean; readonly secret?: string | undefined },
      by: Attribution,
    ) => {
      const { catalog } = requireStore(store);
      const { project, name } = named;
      const { url, allowPrivate } = request;
      const problem = endpointProblem(url, allowPrivate);
      if (problem !== undefined)
        throw new VdcError("invalid", `The address ${problem}.`, {
          fields: [{ path: "url", message: problem }],
        });
      if ((await resources.get({ kind: "project", name: project })) === undefined)
        throw new VdcError("not-found", `There is no project '${project}'.`);
      const known = await told(catalog.endpoints({}));
      const others = known.filter((one) => one.project !== project || one.name !== name);
      if (others.length >= endpointsMax)
        throw new VdcError("conflict", `There are ${endpointsMax} endpoints already.`);
      const secret = request.secret ?? `whsec_${Buffer.from(random.bytes(secretBytes)).toString("base64")}`;
      // The path of an address may be as good as a secret: on record is only where it leads.
      await record("put-endpoint", named, { host: new URL(url).host }, by);
      await told(catalog.putEndpoint({ project, name, url, secret, allowPrivate }));
      return { ...endpointView({ project, name, url, allowPrivate, waiting: 0 }), secret };
    },
    removeEndpoint: async (named: Named, by: Attribution): Promise<void> => {
      const { catalog } = requireStore(store);
      const { project, name } = named;
      const known = await told(catalog.endpoints({}));
      const found = known.find((one) => one.project === project && one.name === name);
      if (found === undefined)
        throw new VdcError("not-found", `Project '${project}' has no endpoint '${name}'.`);
      await told(catalog.removeEndpoint({ project, name }));
      await record("remove-endpoint", named, { host: new URL(found.url).host }, by);
    },
  };
}

function endpointView({ project, name, url, allowPrivate, waiting }: EndpointView): NotificationEndpoint {
  return { project, name, url, allowPrivate, arn: `arn:vdc:webhook::${project}:${name}`, waiting };
}
