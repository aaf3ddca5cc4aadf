import assert from "node:assert/strict";
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { extract } from "tar-stream";
import fc from "fast-check";
import { openSourceFolder } from "#drivers/package-files/source-folder.ts";
import { openScratch } from "#drivers/package-files/scratch.ts";
import {
  built,
  inChunks,
  smallApp,
  tarOf,
  testDisk,
  testFolder,
  writeFiles,
} from "#test/support/package-archive.ts";
import { buildPackage } from "./build.ts";
import type { SourceFolder } from "./disk.ts";
import { gather } from "./documents.ts";
import { hexOf } from "./format.ts";
import { openPackage } from "./open.ts";
import { newSigningKey } from "./signature.ts";
import { signPackage } from "./sign.ts";
import { readTar } from "./tar-read.ts";
import { writeTar, type TarItem } from "./tar-write.ts";

const nodeApp: Readonly<Record<string, string>> = {
  ...smallApp,
  "app/node_modules/left/package.json": `{"name":"left","version":"1.2.3","license":"MIT"}`,
  "app/node_modules/@scope/right/package.json": `{"name":"@scope/right","version":"2.0.0-rc.1"}`,
  "app/node_modules/@scope/right/node_modules/left/package.json": `{"name":"left","version":"0.9.0"}`,
  "app/node_modules/.cache/x": "not packed",
  "app/.git/config": "not packed",
  [`app/${"deep/".repeat(30)}${"long".repeat(30)}.txt`]: "a long name",
  "app/ünï/çödé.txt": "names are UTF-8",
};

describe("building a package", () => {
  it("gives the same bytes from another folder, at another time and in another order", async () => {
    await using first = await testFolder();
    await using second = await testFolder();
    await writeFiles(first.path, nodeApp);
    await writeFiles(second.path, Object.fromEntries(Object.entries(nodeApp).toReversed()));
    await utimes(join(second.path, "app/server.js"), 1, 1);
    await chmod(join(second.path, "app/server.js"), 0o600);
    const one = await built(first.path);
    const other = await built(second.path);
    assert.equal(other.digest, one.digest);
    assert.ok(other.archive.equals(one.archive));
    assert.ok(!one.archive.includes(first.path), "no path of the builder's machine is in it");
    const shuffled = await builtFrom(reversed(openSourceFolder(first.path)));
    assert.equal(shuffled, one.digest);
  });

  it("gives another digest for another content, name or executable bit", async () => {
    await using folder = await testFolder();
    await writeFiles(folder.path, smallApp);
    const digests = [(await built(folder.path)).digest];
    await writeFile(join(folder.path, "app/server.js"), "// changed\n");
    digests.push((await built(folder.path)).digest);
    await chmod(join(folder.path, "app/server.js"), 0o755);
    digests.push((await built(folder.path)).digest);
    await writeFile(join(folder.path, "app/more.js"), "");
    digests.push((await built(folder.path)).digest);
    assert.equal(new Set(digests).size, 4);
  });

  it("leaves out what .vdcignore names, and says of a secret that it is packed", async () => {
    await using folder = await testFolder();
    await writeFiles(folder.path, {
      ...smallApp,
      ".vdcignore": "# comment\n*.log\n/app/tmp/\n!keep.log\napp/**/secret?.txt\n",
      "app/a.log": "out",
      "app/keep.log": "in",
      "app/tmp/x": "out",
      "app/sub/tmp/x": "in",
      "app/sub/deep/secret1.txt": "out",
      "app/.env": "PASSWORD=1",
    });
    const made = await built(folder.path);
    const paths = await layerPaths(made.archive, made.components[0]?.artifact ?? "");
    assert.deepEqual(paths, [".env", "keep.log", "server.js", "sub/", "sub/deep/", "sub/tmp/", "sub/tmp/x"]);
    assert.match(made.warnings.join(), /app\/\.env looks like a secret/);
  });

  it("refuses a link that leads out of the component", async () => {
    await using folder = await testFolder();
    await writeFiles(folder.path, smallApp);
    await symlink("../../elsewhere", join(folder.path, "app/out"));
    await assert.rejects(built(folder.path), /'app\/out' leads out/);
  });
});

describe("a package that was built", () => {
  it("opens to the same files, with links, and with modes for a sandbox", async () => {
    await using folder = await testFolder();
    const source = join(folder.path, "source");
    await writeFiles(source, nodeApp);
    await chmod(join(source, "app/server.js"), 0o4777);
    await mkdir(join(source, "app/node_modules/.bin"));
    await symlink("../left/package.json", join(source, "app/node_modules/.bin/left"));
    const made = await built(source);
    for (const archive of [made.archive, gzipSync(made.archive)]) {
      const { disk } = testDisk(folder.path);
      await using opened = await openPackage(inChunks(archive, 777), { disk });
      assert.equal(opened.digest, made.digest);
      assert.equal(opened.sizeBytes, made.sizeBytes);
      assert.deepEqual(opened.config.components, made.components);
      await opened.keep();
      const tree = await disk.tree(hexOf(made.components[0]?.artifact ?? ""));
      assert.ok(tree !== undefined);
      assert.deepEqual(await contents(tree), await contents(join(source, "app")));
      assert.equal((await lstat(join(tree, "server.js"))).mode & 0o7777, 0o555);
      assert.equal((await lstat(join(tree, "node_modules"))).mode & 0o7777, 0o755);
    }
  });

  it("has a bill of materials that names what is installed, each once", async () => {
    await using folder = await testFolder();
    await writeFiles(folder.path, nodeApp);
    const made = await built(folder.path);
    const { disk } = testDisk(folder.path);
    await using opened = await openPackage(inChunks(made.archive), { disk });
    const bytes = await gather(opened.readBlob(opened.config.sbom ?? ""), 1 << 20, "sbom");
    const sbom = JSON.parse(Buffer.from(bytes).toString()) as {
      // the document that was just made
      bomFormat: string;
      specVersion: string;
      components: { name: string; components: { purl: string }[] }[];
    };
    assert.deepEqual([sbom.bomFormat, sbom.specVersion], ["CycloneDX", "1.6"]);
    assert.deepEqual(
      sbom.components[0]?.components.map(({ purl }) => purl),
      ["pkg:npm/%40scope/right@2.0.0-rc.1", "pkg:npm/left@0.9.0", "pkg:npm/left@1.2.3"],
    );
  });

  it("keeps its digest when it is signed, and names every key whose signature is right", async () => {
    await using folder = await testFolder();
    await writeFiles(folder.path, smallApp);
    const made = await built(folder.path);
    const keys = [newSigningKey(), newSigningKey()];
    let archive = made.archive;
    // The first key signs twice: its signature is replaced, not added.
    for (const { privateKey } of [...keys, ...keys.slice(0, 1)])
      archive = await signed(archive, privateKey, folder.path);
    const { disk } = testDisk(folder.path);
    await using opened = await openPackage(inChunks(archive), { disk });
    assert.equal(opened.digest, made.digest);
    assert.deepEqual(
      new Set(opened.signedBy.map(({ publicKey }) => publicKey)),
      new Set(keys.map(({ publicKey }) => publicKey)),
    );
    assert.equal(opened.signedBy.length, 2);
  });

  it("is an archive that another tar reader understands", async () => {
    await using folder = await testFolder();
    await writeFiles(folder.path, nodeApp);
    const { archive } = await built(folder.path);
    const names: string[] = [];
    const reader = extract();
    reader.end(archive);
    for await (const entry of reader) {
      names.push(entry.header.name);
      entry.resume();
    }
    assert.deepEqual(names.slice(0, 4), ["oci-layout", "index.json", "blobs/", "blobs/sha256/"]);
  });
});

const tarName = fc
  .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.map((part) => part.replaceAll(/[/\0\p{Cs}]/gu, "_")).join("/"));
const tarFile = fc.record({
  path: tarName,
  content: fc.uint8Array({ maxLength: 3000 }),
  executable: fc.boolean(),
});

it("whatever is written into a tar is read from it, in chunks of any size", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(tarFile, { maxLength: 8 }),
      fc.integer({ min: 1, max: 5000 }),
      async (files, size) => {
        const items = files.map(({ path, content, executable }): TarItem => {
          const chunks = async function* () {
            yield content;
          };
          return { type: "file", path, size: content.byteLength, executable, content: chunks };
        });
        const bytes = Buffer.from(await gather(writeTar(items), 1 << 24, "tar"));
        assert.deepEqual(
          await readBack(bytes, size),
          files.map(({ path, content, executable }) => ({ path, content: Buffer.from(content), executable })),
        );
      },
    ),
    { numRuns: 60 },
  );
});

it("a tar that another program wrote is read as that program meant it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(tarFile, { maxLength: 6 }), async (files) => {
      const bytes = await tarOf(
        files.map(({ path, content, executable }) => ({
          name: path,
          content: Buffer.from(content),
          mode: executable ? 0o755 : 0o644,
        })),
      );
      const read = await readBack(bytes, 512);
      assert.deepEqual(
        read,
        files.map(({ path, content, executable }) => ({ path, content: Buffer.from(content), executable })),
      );
    }),
    { numRuns: 40 },
  );
});

async function readBack(bytes: Uint8Array, size: number) {
  const found: { path: string; content: Buffer; executable: boolean }[] = [];
  for await (const { name, body, executable } of readTar(inChunks(bytes, size), "tar"))
    found.push({ path: name, content: Buffer.from(await gather(body, 1 << 20, name)), executable });
  return found;
}

async function signed(archive: Buffer, privateKeyPem: string, root: string): Promise<Buffer> {
  const { disk } = testDisk(root);
  await using draft = await disk.draft();
  let out = Buffer.alloc(0);
  await signPackage({
    archive: inChunks(archive),
    draft,
    privateKeyPem,
    write: async (chunks) => {
      out = Buffer.from(await gather(chunks, 1 << 24, "archive"));
    },
  });
  return out;
}

async function builtFrom(source: SourceFolder): Promise<string> {
  await using scratch = await openScratch();
  const write = async (chunks: AsyncIterable<Uint8Array>) => {
    await gather(chunks, 1 << 24, "archive");
  };
  return (await buildPackage({ source, scratch, folderName: "shop", write })).digest;
}

/** A file system that lists its folders the other way round. */
function reversed(source: SourceFolder): SourceFolder {
  return { ...source, list: async (path) => (await source.list(path))?.toReversed() };
}

async function layerPaths(archive: Buffer, digest: string): Promise<readonly string[]> {
  for await (const { name, body } of readTar(inChunks(archive), "archive")) {
    if (!name.endsWith(hexOf(digest))) continue;
    const paths: string[] = [];
    for await (const entry of readTar(body, "layer")) paths.push(entry.name);
    return paths;
  }
  return [];
}

/** Everything below a folder that a package holds: contents of files, targets of links. */
async function contents(root: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1);
    if (/(^|\/)(\.git|\.cache)(\/|$)/.test(name)) continue;
    if (entry.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
    else if (entry.isFile()) found[name] = await readFile(path, "utf8");
    else found[`${dirname(name)}/${entry.name}/`] = "";
  }
  return found;
}
