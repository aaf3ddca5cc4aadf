import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { projectSpecSchema } from "#api/kinds/project.ts";
import type { Store } from "#store/store.ts";

/** On the first project while a sample app has to be installed in it: `wanted`, then `installed`. */
export const sampleLabel = (app: string): string => `vdc.sample.${app}`;

/**
 * Makes a project when the data center is as empty as nobody can make it again: nothing was ever written. A project that was deleted
 * later does not come back. To be called before anything else writes.
 */
export async function ensureFirstProject(
  { resources, feed }: Pick<Store, "resources" | "feed">,
  project: { readonly name: string; readonly title: string; readonly samples?: readonly string[] },
): Promise<void> {
  if ((await feed.head()).revision > 0) return;
  const spec = projectSpecSchema.parse({ title: project.title });
  const labels = Object.fromEntries((project.samples ?? []).map((app) => [sampleLabel(app), "wanted"]));
  const wanted = { kind: "project", name: project.name, labels, spec };
  try {
    await resources.apply(wanted, { by: { actor: systemActor("control") }, ifRevision: "absent" });
  } catch (error) {
    // Another control process was faster: it is there.
    if (!(error instanceof VdcError && error.code === "precondition-failed")) throw error;
  }
}
