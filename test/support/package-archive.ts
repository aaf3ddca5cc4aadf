import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pack, type Header } from "tar-stream";
import { buildPackage, type BuiltPackage } from "#apps/package/build.ts";
import { artifactTypes, mediaTypes } from "#apps/package/format.ts";
import { createPackageDisk } from "#drivers/package-files/package-disk.ts";
import { openScratch } from "#drivers/package-files/scratch.ts";
import { openSourceFolder } from "#drivers/package-files/source-folder.ts";

/** A folder of its own, gone when it is disposed of. */
export async function testFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "vdc package "));
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
}

export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Builds the package of a folder into memory. */
export async function built(
  root: string,
  options: { readonly composeFile?: string; readonly folderName?: string } = {},
): Promise<BuiltPackage & { readonly archive: Buffer }> {
  await using scratch = await openScratch();
  const parts: Uint8Array[] = [];
  const made = await buildPackage({
    source: openSourceFolder(root),
    scratch,
    folderName: options.folderName ?? "shop",
    ...(options.composeFile === undefined ? {} : { composeFile: options.composeFile }),
    write: async (chunks) => {
      for await (const chunk of chunks) parts.push(Buffer.from(chunk));
    },
  });
  return { ...made, archive: Buffer.concat(parts) };
}

/** A small Node application with a Compose file. */
export const smallApp: Readonly<Record<string, string>> = {
  "compose.yaml": `services:
  web:
    command: [node, server.js]
    expose: ["3000"]
    x-vdc: { artifact: app, runtime: node >=20 }
`,
  "app/server.js": `require("node:http").createServer((_, response) => response.end("hi")).listen(process.env.PORT);\n`,
};

export async function* inChunks(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

export type Entry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

/** A tar with exactly these entries, whatever they are; by another library than ours. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry({ mode: 0o644, ...header }, content ?? "");
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const chunk of tar) parts.push(Buffer.from(chunk as Uint8Array)); // the stream's types say unknown
  return Buffer.concat(parts);
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** What an attacker may change of an otherwise good archive. */
export interface Forgery {
  readonly layer?: Buffer;
  readonly index?: string;
  readonly config?: (config: Record<string, unknown>) => unknown;
  readonly manifest?: (manifest: Record<string, unknown>) => unknown;
  readonly entries?: (entries: readonly Entry[]) => readonly Entry[];
  /** Further manifests of the index and their blobs. */
  readonly more?: (app: Descriptor) => {
    readonly manifests: readonly unknown[];
    readonly blobs: readonly Buffer[];
  };
}

/** A package made by hand, good but for what the forgery changes. */
export async function forgedArchive(forgery: Forgery = {}): Promise<Buffer> {
  const layer = forgery.layer ?? (await tarOf([{ name: "server.js", content: "1" }]));
  const blobs: Buffer[] = [layer];
  const plainConfig = {
    manifest: { apiVersion: "vdc.app/v1", id: "org.example.shop", version: "1.0.0", name: "Shop" },
    components: [
      {
        name: "web",
        engines: ["process"],
        artifact: describe(layer, mediaTypes.layer).digest,
        runtime: { name: "node", range: "*" },
        command: ["node", "server.js"],
        port: 0,
        listens: true,
      },
    ],
  };
  const config = Buffer.from(JSON.stringify(forgery.config?.(plainConfig) ?? plainConfig));
  blobs.push(config);
  const plainManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: artifactTypes.app,
    config: describe(config, mediaTypes.config),
    layers: [describe(layer, mediaTypes.layer)],
  };
  const manifest = Buffer.from(JSON.stringify(forgery.manifest?.(plainManifest) ?? plainManifest));
  blobs.push(manifest);
  const app = describe(manifest, mediaTypes.manifest);
  const more = forgery.more?.(app) ?? { manifests: [], blobs: [] };
  const index = forgery.index ?? JSON.stringify({ schemaVersion: 2, manifests: [app, ...more.manifests] });
  const entries: readonly Entry[] = [
    { name: "oci-layout", content: `{"imageLayoutVersion":"1.0.0"}` },
    { name: "index.json", content: index },
    ...[...blobs, ...more.blobs].map((blob) => ({ name: `blobs/sha256/${hexOf(blob)}`, content: blob })),
  ];
  return await tarOf(forgery.entries?.(entries) ?? entries);
}

export function describe(bytes: Buffer, mediaType: string): Descriptor {
  return { mediaType, digest: `sha256:${hexOf(bytes)}`, size: bytes.byteLength };
}

export function hexOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A disk below `root`, with everything that is there for a look: names relative to the root, folders with a `/`. */
export function testDisk(root: string) {
  const disk = createPackageDisk(join(root, "packages"));
  return { disk, everything: async () => await everythingBelow(root) };
}

async function everythingBelow(root: string): Promise<readonly string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  return found
    .map(
      (entry) =>
        `${join(entry.parentPath, entry.name).slice(root.length + 1)}${entry.isDirectory() ? "/" : ""}`,
    )
    .toSorted();
}
