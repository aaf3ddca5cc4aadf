import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { appSpecSchema } from "#api/kinds/app.ts";
import type { Resource } from "#api/resource.ts";
import type { ResourceStore } from "#store/store.ts";
import type { App, Package, Release } from "../observed.ts";
import { sameContents, withContents } from "../release/contents.ts";
import { lastGoodOf, newestOf } from "../rollout/target.ts";

/** Writes the contents of an earlier release into the app's spec; the reconciler makes a new release of it. */
export async function rollBackTo(
  app: App,
  releases: readonly Release[],
  to: number | undefined,
  { resources, by }: { readonly resources: ResourceStore; readonly by: Attribution },
): Promise<Resource> {
  const newest = newestOf(releases);
  const release =
    to === undefined
      ? lastGoodOf(releases, newest?.spec.number)
      : releases.find(({ spec }) => spec.number === to);
  if (release === undefined) {
    if (to !== undefined) throw new VdcError("not-found", `App ${app.name} has no release ${to}.`);
    throw new VdcError("conflict", `App ${app.name} has no earlier release that served.`);
  }
  const { package: name, packageDigest, number } = release.spec;
  const project = app.project ?? "";
  // The store holds what the kind's schema let in.
  const named = (await resources.get({ kind: "package", project, name })) as Package | undefined;
  if (named === undefined || named.spec.digest !== packageDigest)
    throw new VdcError("conflict", `Package ${name} of release ${number} is not there any more.`);
  const change = (current: Resource) => {
    const spec = appSpecSchema.parse(current.spec);
    if (newest !== undefined && newest.status.phase === "serving" && sameContents(spec, release.spec.appSpec))
      throw new VdcError("conflict", `App ${app.name} is what release ${number} was already.`);
    return {
      labels: current.labels,
      spec: { ...withContents(spec, release.spec.appSpec), rollbackOf: number },
    };
  };
  const { resource } = await resources.patch({ kind: "app", project, name: app.name }, change, { by });
  return resource;
}
