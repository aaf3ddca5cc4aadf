import semver from "semver";
import { VdcError } from "#api/errors.ts";
import type { PackageSpec } from "#api/kinds/package.ts";
import type { Resource } from "#api/resource.ts";
import { hexOf } from "./format.ts";

type Package = Resource<PackageSpec>;

/** A package that a project has, and what a new one is to it. */
export type Naming =
  | { readonly is: "there"; readonly resource: Package }
  | { readonly is: "new"; readonly name: string };

const maxNameLength = 63;
const digestPartLength = 8;

/**
 * The name of a new package among those of its project: `newsroom-1-0-0`, with the beginning of its digest where that name is
 * taken. The same content is the same package. Another content under the same id and version is refused, because a version
 * is given once, but for versions that say they are in the making (`1.2.0-dev`) and Compose files, whose version is their content.
 */
export function nameFor(
  wanted: {
    readonly id: string;
    readonly version: string;
    readonly digest: string;
    readonly wrapped: boolean;
  },
  existing: readonly Package[],
): Naming {
  const same = existing.find(({ spec }) => spec.digest === wanted.digest);
  if (same !== undefined) return { is: "there", resource: same };
  const clash = existing.find(
    ({ spec: { manifest } }) => manifest.id === wanted.id && manifest.version === wanted.version,
  );
  if (clash !== undefined && !wanted.wrapped && !isInTheMaking(wanted.version))
    throw new VdcError(
      "already-exists",
      `${wanted.id} ${wanted.version} is here with another content, as package/${clash.name}. Give what you changed a new version; one such as ${wanted.version}-dev may be uploaded again and again.`,
      { extra: { package: clash.name } },
    );
  const plain = baseName(wanted.id, wanted.version);
  if (!existing.some(({ name }) => name === plain)) return { is: "new", name: plain };
  const part = hexOf(wanted.digest).slice(0, digestPartLength);
  return { is: "new", name: `${trimmed(plain.slice(0, maxNameLength - part.length - 1))}-${part}` };
}

/** `1.2.0-dev`, `1.2.0-dev.7`: a version that nobody else was given. */
function isInTheMaking(version: string): boolean {
  return semver.prerelease(version)?.[0] === "dev";
}

function baseName(id: string, version: string): string {
  const last = id.split(".").at(-1) ?? id;
  return trimmed(
    `${last}-${version}`
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .slice(0, maxNameLength),
  );
}

function trimmed(name: string): string {
  return name.replaceAll(/^-+|-+$/g, "");
}
