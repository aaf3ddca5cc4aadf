import type { Manifest } from "#api/manifest.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "#lib/json.ts";
import type { Layer } from "./layer.ts";
import type { TarItem } from "./tar-write.ts";

export interface SbomComponent {
  readonly name: string;
  readonly layer: Layer;
  readonly labels: Readonly<Record<string, string>>;
}

/** A library that was found in a component's files. */
export interface Library {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licence?: string;
}

const maxDescriptionBytes = 4 * 1024 * 1024;
const maxLibraries = 20_000;

/**
 * The bill of materials (CycloneDX 1.6, JSON) of what is in the package: for each component what its package.json files below
 * node_modules, or its *.dist-info folders, say is installed; lock files where nothing is. It holds no time and no random
 * number, so that the package's digest stays the same.
 */
export async function makeSbom(
  manifest: Manifest,
  components: readonly SbomComponent[],
): Promise<Uint8Array> {
  const described = await Promise.all(
    components.map(async (component) => ({ component, libraries: await librariesOf(component.layer) })),
  );
  const title = typeof manifest.name === "string" ? manifest.name : (manifest.name["en"] ?? manifest.id);
  const document: JsonObject = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": manifest.id,
        name: manifest.id,
        version: manifest.version,
        description: title,
        ...licencesOf(manifest.licence?.spdx),
      },
    },
    components: described.map(({ component, libraries }) => componentEntry(component, libraries, manifest)),
    dependencies: [
      { ref: manifest.id, dependsOn: described.map(({ component }) => `component/${component.name}`) },
      ...described.map(({ component, libraries }) => ({
        ref: `component/${component.name}`,
        dependsOn: libraries.map((library) => refOf(component.name, library)),
      })),
    ],
  };
  return Buffer.from(canonicalJson(document));
}

function componentEntry(
  component: SbomComponent,
  libraries: readonly Library[],
  manifest: Manifest,
): JsonObject {
  const identity = manifest.patchIdentity[component.name];
  const properties = Object.entries(component.labels).map(([name, value]) => ({
    name: `label:${name}`,
    value,
  }));
  return {
    type: "application",
    "bom-ref": `component/${component.name}`,
    name: component.name,
    version: manifest.version,
    ...(identity?.purl === undefined ? {} : { purl: identity.purl }),
    ...(identity?.cpe === undefined ? {} : { cpe: identity.cpe }),
    ...(properties.length === 0 ? {} : { properties }),
    components: libraries.map((library) => ({
      type: "library",
      "bom-ref": refOf(component.name, library),
      name: library.name,
      version: library.version,
      purl: library.purl,
      ...licencesOf(library.licence),
    })),
  };
}

/** One library may be in several components; a reference is there once. */
function refOf(component: string, { purl }: Library): string {
  return `${component}:${purl}`;
}

function licencesOf(licence: string | undefined): JsonObject {
  if (licence === undefined) return {};
  const isExpression = / (OR|AND|WITH) |^\(/.test(licence);
  return { licenses: [isExpression ? { expression: licence } : { license: { name: licence } }] };
}

async function librariesOf(layer: Layer): Promise<readonly Library[]> {
  const found = new Map<string, Library>();
  const files = layer.items.filter((item) => item.type === "file");
  for (const file of files) {
    if (found.size >= maxLibraries) break;
    const library = await installedLibrary(file);
    if (library !== undefined) found.set(library.purl, library);
  }
  if (found.size === 0)
    for (const file of files)
      for (const library of await lockedLibraries(file)) found.set(library.purl, library);
  return [...found.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
}

const nodeModule = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/;
const distInfo = /(?:^|\/)[^/]+\.dist-info\/METADATA$/;

async function installedLibrary(file: TarItem & { readonly type: "file" }): Promise<Library | undefined> {
  if (nodeModule.test(file.path)) {
    const { name, version, license } = jsonObject(await textOf(file));
    if (typeof name !== "string" || typeof version !== "string") return undefined;
    return {
      name,
      version,
      purl: npmPurl(name, version),
      ...(typeof license === "string" ? { licence: license } : {}),
    };
  }
  if (!distInfo.test(file.path)) return undefined;
  const head = (await textOf(file)).split(/\r?\n\r?\n/)[0] ?? "";
  const field = (name: string) => new RegExp(`^${name}: *(.+)$`, "m").exec(head)?.[1]?.trim();
  const name = field("Name");
  const version = field("Version");
  const licence = field("License-Expression") ?? field("License");
  if (name === undefined || version === undefined) return undefined;
  return {
    name,
    version,
    purl: pypiPurl(name, version),
    ...(licence === undefined ? {} : { licence: licence.slice(0, 200) }),
  };
}

/** Only files at the top of the layer: deeper ones are of somebody else. */
async function lockedLibraries(file: TarItem & { readonly type: "file" }): Promise<readonly Library[]> {
  if (file.path === "package-lock.json") {
    const { packages } = jsonObject(await textOf(file));
    return Object.entries(isJsonObject(packages) ? packages : {})
      .slice(0, maxLibraries)
      .flatMap(([path, one]) => lockedPackage(path, one ?? null));
  }
  if (file.path !== "requirements.txt") return [];
  return (await textOf(file)).split("\n").flatMap((line) => {
    const match = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([A-Za-z0-9.!+_-]+)/.exec(line);
    const [, name, version] = match ?? [];
    return name === undefined || version === undefined
      ? []
      : [{ name, version, purl: pypiPurl(name, version) }];
  });
}

function lockedPackage(path: string, one: Json): readonly Library[] {
  const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
  if (name === undefined || !isJsonObject(one) || typeof one["version"] !== "string" || one["dev"] === true)
    return [];
  const licence = one["license"];
  const { version } = one;
  return [
    { name, version, purl: npmPurl(name, version), ...(typeof licence === "string" ? { licence } : {}) },
  ];
}

/** github.com/package-url/purl-spec: the scope of npm is the namespace, names of PyPI are lower case with '-'. */
function npmPurl(name: string, version: string): string {
  const encoded = name.split("/").map(encodeURIComponent).join("/");
  return `pkg:npm/${encoded}@${encodeURIComponent(version)}`;
}

function pypiPurl(name: string, version: string): string {
  return `pkg:pypi/${encodeURIComponent(name.toLowerCase().replaceAll(/[-_.]+/g, "-"))}@${encodeURIComponent(version)}`;
}

/** What cannot be read says nothing; the file itself is packed all the same. */
function jsonObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {}; // not JSON: no description of a library
  }
}

async function textOf(file: TarItem & { readonly type: "file" }): Promise<string> {
  if (file.size > maxDescriptionBytes) return "";
  const parts: Uint8Array[] = [];
  for await (const part of file.content()) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
