import type { PackageSpec, PackageStatus } from "#api/kinds/package.ts";
import { VdcError } from "#api/errors.ts";
import type { Resource } from "#api/resource.ts";
import { listResources } from "#cli/list-resources.ts";
import type { Session } from "#cli/session.ts";
import { nearest } from "#lib/nearest.ts";
import { kindOf } from "./app-target.ts";

export type Package = Resource<PackageSpec, PackageStatus>;

/**
 * The package of the project's catalogue that a word names: by its own name, or by its id or the last part of that,
 * and then the newest version. Throws `not-found`.
 */
export async function findPackage(session: Session, project: string, word: string): Promise<Package> {
  const all = await packagesOf(session, project);
  const own = all.find(({ name }) => name === word);
  if (own !== undefined) return own;
  const { rcompare, valid } = await import("semver");
  const versions = all
    .filter(({ spec }) => spec.manifest.id === word || shortName(spec.manifest.id) === word)
    .toSorted((a, b) => {
      const [left, right] = [valid(a.spec.manifest.version), valid(b.spec.manifest.version)];
      return left === null || right === null ? b.createdAt.localeCompare(a.createdAt) : rcompare(left, right);
    });
  const [newest] = versions;
  if (newest !== undefined) return newest;
  const meant = nearest(
    word,
    all.flatMap(({ name, spec }) => [name, shortName(spec.manifest.id)]),
  );
  throw new VdcError(
    "not-found",
    `There is no package '${word}' in project '${project}', and no file of that name.`,
    {
      extra: {
        remedy:
          meant === undefined
            ? `\`vdc get packages -p ${project}\` lists those that there are; a folder, a package file or a compose.yaml will do, too.`
            : `Did you mean '${meant}'?`,
      },
    },
  );
}

/** The package with these contents, when the project has it already. */
export async function packageOfDigest(
  session: Session,
  project: string,
  digest: string,
): Promise<Package | undefined> {
  return (await packagesOf(session, project)).find(({ spec }) => spec.digest === digest);
}

/** `org.example.newsroom` is `newsroom` for people. */
export function shortName(id: string): string {
  return id.split(".").at(-1) ?? id;
}

async function packagesOf(session: Session, project: string): Promise<readonly Package[]> {
  const { items } = await listResources(
    session,
    {
      kind: kindOf(session, "package"),
      project,
      allProjects: false,
      labelSelector: undefined,
      fieldSelector: undefined,
      limit: undefined,
    },
    session.io.signal,
  );
  return items as unknown as readonly Package[]; // as the kind's schema says
}
