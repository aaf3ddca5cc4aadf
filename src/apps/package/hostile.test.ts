import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { VdcError } from "#api/errors.ts";
import {
  describe as descriptorOf,
  forgedArchive,
  inChunks,
  tarOf,
  testDisk,
  testFolder,
  type Entry,
  type Forgery,
} from "#test/support/package-archive.ts";
import { artifactTypes, mediaTypes } from "./format.ts";
import { packageLimits } from "./limits.ts";
import { openPackage } from "./open.ts";
import { newSigningKey, signDigest } from "./signature.ts";

const victim = "a file of somebody else\n";
/** Small enough that a test can pass them. */
const limits = {
  ...packageLimits,
  entries: 500,
  unpackedBytes: 1 << 20,
  ratioFromBytes: 1 << 20,
  archiveBytes: 32 << 20,
};

/**
 * Opens an archive on a disk beside a file of somebody else. It has to be refused by this rule, with this name in the message, and
 * nothing may be left or changed: neither on the disk nor beside it.
 */
async function refusedAs(archive: AsyncIterable<Uint8Array>, rule: string, named: RegExp): Promise<void> {
  await using folder = await testFolder();
  await mkdir(join(folder.path, "beside"));
  await writeFile(join(folder.path, "beside/file"), victim);
  const { disk, everything } = testDisk(folder.path);
  await assert.rejects(openPackage(archive, { disk, limits }), (error) => {
    assert.ok(error instanceof VdcError, String(error));
    assert.equal(error.extra["rule"], rule, error.message);
    assert.match(error.message, named);
    return true;
  });
  assert.deepEqual(await everything(), ["beside/", "beside/file", "packages/", "packages/incoming/"]);
  assert.equal(await readFile(join(folder.path, "beside/file"), "utf8"), victim);
}

async function forgeryRefused(forgery: Forgery, rule: string, named: RegExp): Promise<void> {
  await refusedAs(inChunks(await forgedArchive(forgery)), rule, named);
}

async function layerRefused(entries: readonly Entry[], rule: string, named: RegExp): Promise<void> {
  await forgeryRefused({ layer: await tarOf(entries) }, rule, named);
}

describe("a layer of a hostile package", () => {
  const file = { name: "server.js", content: "1" };
  const cases: readonly (readonly [what: string, entries: readonly Entry[], rule: string, named: RegExp])[] =
    [
      ["a path that climbs out", [{ name: "../../beside/file", content: "x" }], "name", /beside\/file/],
      [
        "a path that climbs in its middle",
        [{ name: "a/../../../beside/file", content: "x" }],
        "name",
        /'\.\.'/,
      ],
      ["an absolute path", [{ name: "/tmp/vdc-hostile", content: "x" }], "name", /absolute/],
      ["a path with an empty part", [{ name: "a//b", content: "x" }], "name", /empty part/],
      ["a path with a dot part", [{ name: "a/./b", content: "x" }], "name", /'\.'/],
      ["a name with a line end", [{ name: "a\nb", content: "x" }], "name", /a\?b/],
      ["a name with a backslash", [{ name: String.raw`a\..\b`, content: "x" }], "name", /character/],
      ["a name that is too long", [{ name: "n".repeat(256), content: "x" }], "limit", /longer than 255/],
      [
        "a path that is too long",
        [{ name: `${"d/".repeat(30)}${"long-name-".repeat(20)}/`.repeat(5), content: "x" }],
        "limit",
        /longer than 1024/,
      ],
      ["a path that is too deep", [{ name: `${"d/".repeat(70)}f`, content: "x" }], "limit", /deeper than 64/],
      ["a link to an absolute path", [{ name: "l", type: "symlink", linkname: "/etc/passwd" }], "link", /l:/],
      [
        "a link that climbs out",
        [{ name: "d/l", type: "symlink", linkname: "../../beside" }],
        "link",
        /d\/l/,
      ],
      [
        "a link with '..' after a name",
        [{ name: "d/l", type: "symlink", linkname: "a/../../x" }],
        "link",
        /d\/l/,
      ],
      ["a link without a target", [{ name: "l", type: "symlink", linkname: "" }], "link", /l:/],
      [
        "a file below a link",
        [
          { name: "l", type: "symlink", linkname: "." },
          { name: "l/f", content: "x" },
        ],
        "duplicate",
        /l\/f/,
      ],
      [
        "a link in place of a folder",
        [
          { name: "d/f", content: "x" },
          { name: "d", type: "symlink", linkname: "." },
        ],
        "duplicate",
        /d:/,
      ],
      [
        "a file below a file",
        [
          { name: "a", content: "x" },
          { name: "a/b", content: "x" },
        ],
        "duplicate",
        /a\/b/,
      ],
      [
        "a hard link",
        [file, { name: "h", type: "link", linkname: "../../beside/file" }],
        "entry-type",
        /hard link/,
      ],
      ["a character device", [{ name: "null", type: "character-device" }], "entry-type", /character device/],
      ["a block device", [{ name: "disk", type: "block-device" }], "entry-type", /block device/],
      ["a named pipe", [{ name: "pipe", type: "fifo" }], "entry-type", /named pipe/],
      ["a name twice", [file, file], "duplicate", /server\.js/],
      [
        "a name in two Unicode forms",
        [
          { name: "caf\u00e9", content: "1" },
          { name: "cafe\u0301", content: "2" },
        ],
        "duplicate",
        /Unicode/,
      ],
      [
        "more than it may unpack to",
        [{ name: "big", content: Buffer.alloc(1.5 * 2 ** 20) }],
        "limit",
        /unpacks to more/,
      ],
    ];
  for (const [what, entries, rule, named] of cases)
    it(`is refused for ${what}, and harms nothing`, async () => await layerRefused(entries, rule, named));

  it("is refused for too many entries before they are made", async () => {
    const many = Array.from({ length: 600 }, (_, at) => ({ name: `f${at}`, content: "" }));
    await layerRefused(many, "limit", /more than 500 files/);
  });

  it("is refused when it ends too early, or is no tar", async () => {
    const whole = await tarOf([{ name: "server.js", content: "x".repeat(2000) }]);
    await forgeryRefused({ layer: whole.subarray(0, 1024) }, "truncated", /server\.js/);
    await forgeryRefused({ layer: whole.subarray(0, whole.byteLength - 1024) }, "truncated", /too early/);
    await forgeryRefused(
      { layer: Buffer.from("no tar".repeat(200)) },
      "not-a-package",
      /not a ustar or pax tar/,
    );
    await forgeryRefused(
      { layer: Buffer.concat([whole, Buffer.from("more".repeat(128))]) },
      "not-a-package",
      /follows the end/,
    );
  });

  it("is refused when a folder hides content that other readers would take for entries", async () => {
    const inner = await tarOf([{ name: "hidden", content: "x" }]);
    const layer = await tarOf([{ name: "d", content: inner }]);
    layer[156] = "5".charCodeAt(0);
    fixSum(layer);
    await forgeryRefused({ layer }, "entry-type", /a folder has no content/);
  });

  it("is refused when a size is not octal", async () => {
    const layer = await tarOf([{ name: "f", content: "x" }]);
    layer[124] = 0x80;
    fixSum(layer);
    await forgeryRefused({ layer }, "not-a-package", /not octal/);
  });
});

describe("a hostile archive", () => {
  it("is refused for a million entries within the limit's own time", async () => {
    const one = (await tarOf([{ name: "blobs/sha256", type: "directory" }])).subarray(0, 512);
    const block = Buffer.concat(Array.from({ length: 1000 }, () => one));
    const sent = { blocks: 0 };
    await refusedAs(repeated(block, 1000, sent), "limit", /more than 256 blobs/);
    assert.ok(sent.blocks < 5, `${sent.blocks} of 1000 blocks were read`);
  });

  it("is refused as a bomb while it is unpacked, not after", async () => {
    const header = (await tarOf([{ name: `blobs/sha256/${"0".repeat(64)}`, content: "x" }])).subarray(0, 512);
    const sized = Buffer.from(header);
    sized.write("00377777777", 124, "latin1");
    fixSum(sized);
    const bomb = gzipSync(Buffer.concat([sized, Buffer.alloc(64 << 20)]), { level: 9 });
    await refusedAs(inChunks(bomb), "limit", /times its size/);
  });

  it("is refused when it is larger than an archive may be", async () => {
    const header = (await tarOf([{ name: "index.json", content: "x" }])).subarray(0, 512);
    const sized = Buffer.from(header);
    sized.write("00077777777", 124, "latin1");
    fixSum(sized);
    const sent = { blocks: 0 };
    const endless = repeated(Buffer.alloc(1 << 20, 32), 1000, sent);
    await refusedAs(joined(inChunks(sized), endless), "limit", /larger than/);
    assert.ok(sent.blocks < 40);
  });

  it("is refused when it breaks off, wherever that is", async () => {
    const whole = await forgedArchive();
    for (const at of [0, 1, 300, 512, 700, 1536, 2600, whole.byteLength - 1024, whole.byteLength - 512]) {
      await refusedAs(inChunks(whole.subarray(0, at)), "truncated", /too early/);
    }
    const zipped = gzipSync(whole);
    await refusedAs(inChunks(zipped.subarray(0, zipped.byteLength - 20)), "truncated", /too early/);
  });

  it("is refused for a blob whose content is not its name's", async () => {
    const lie = (entries: readonly Entry[]) =>
      entries.map((entry, at) =>
        at === 2 ? { ...entry, content: Buffer.concat([entry.content as Buffer, Buffer.from("!")]) } : entry,
      ); // blobs are buffers
    await forgeryRefused({ entries: lie }, "digest", /blobs\/sha256\//);
  });

  it("is refused for a size that is not the blob's", async () => {
    const lie = (manifest: Record<string, unknown>) => {
      const [layer] = manifest["layers"] as { size: number }[]; // as the support makes it
      return { ...manifest, layers: [{ ...layer, size: 3 }] };
    };
    await forgeryRefused({ manifest: lie }, "digest", /3 are claimed/);
  });

  it("is refused for a blob that is missing, twice, or named by nothing", async () => {
    await forgeryRefused(
      { entries: (entries) => entries.filter((_, at) => at !== 2) },
      "missing-blob",
      /not in the archive/,
    );
    await forgeryRefused(
      { entries: (entries) => [...entries, ...entries.slice(2, 3)] },
      "duplicate",
      /twice/,
    );
    const more = Buffer.from("contraband");
    const smuggled = () => ({ manifests: [], blobs: [more] });
    await forgeryRefused({ more: smuggled }, "unnamed-blob", /nothing in the archive names it/);
  });

  it("is refused for entries that an image layout has not", async () => {
    const added = (entry: Entry) => (entries: readonly Entry[]) => [entry, ...entries];
    await forgeryRefused(
      { entries: added({ name: "../beside/file", content: "x" }) },
      "unknown-entry",
      /beside\/file/,
    );
    await forgeryRefused(
      { entries: added({ name: "index.json", type: "symlink", linkname: "/etc/passwd" }) },
      "entry-type",
      /symbolic link/,
    );
    await forgeryRefused(
      { entries: added({ name: `blobs/sha256/${"A".repeat(64)}`, content: "x" }) },
      "unknown-entry",
      /AAAA/,
    );
    await forgeryRefused(
      { entries: added({ name: "index.json", content: "{}" }) },
      "duplicate",
      /index\.json/,
    );
  });

  it("is refused for an index that is deep, large, no JSON or no index", async () => {
    await forgeryRefused({ index: `${"[".repeat(100_000)}${"]".repeat(100_000)}` }, "limit", /nested deeper/);
    await forgeryRefused({ index: `{"a":"${"x".repeat(5 << 20)}"}` }, "limit", /larger than/);
    await forgeryRefused({ index: "{" }, "document", /not JSON/);
    await forgeryRefused(
      { index: `{"schemaVersion":2,"manifests":[],"__proto__":{"x":1}}` },
      "document",
      /index\.json/,
    );
    await forgeryRefused({ index: `{"schemaVersion":1,"manifests":[]}` }, "document", /schemaVersion/);
  });

  it("is refused for a configuration with an unknown field, or an artifact that is no layer", async () => {
    await forgeryRefused({ config: (config) => ({ ...config, run: "now" }) }, "document", /run/);
    const elsewhere = (config: Record<string, unknown>) => {
      const [component] = config["components"] as object[]; // as the support makes it
      return { ...config, components: [{ ...component, artifact: `sha256:${"0".repeat(64)}` }] };
    };
    await forgeryRefused({ config: elsewhere }, "missing-blob", /not a layer/);
  });

  it("is refused for a signature of another package, by another key, or changed", async () => {
    const key = newSigningKey();
    const other = newSigningKey();
    await forgeryRefused(
      {
        more: (app) =>
          signature({ ...signDigest(app.digest, key.privateKey), publicKey: other.publicKey }, app),
      },
      "signature",
      /not right/,
    );
    await forgeryRefused(
      { more: (app) => signature({ ...signDigest(app.digest, key.privateKey), signature: "AAAA" }, app) },
      "signature",
      /not right/,
    );
    const zeros = `sha256:${"0".repeat(64)}`;
    await forgeryRefused(
      { more: (app) => signature(signDigest(zeros, key.privateKey), app) },
      "signature",
      /not right/,
    );
    await forgeryRefused(
      { more: (app) => signature(signDigest(zeros, key.privateKey), { ...app, digest: zeros }) },
      "signature",
      /another package/,
    );
  });
});

it("an archive whose sender goes away leaves nothing, and its reason is what is thrown", async () => {
  await using folder = await testFolder();
  const { disk, everything } = testDisk(folder.path);
  const whole = await forgedArchive();
  const gone = (async function* () {
    yield whole.subarray(0, 3000);
    throw new Error("the connection broke");
  })();
  await assert.rejects(openPackage(gone, { disk }), /the connection broke/);
  assert.deepEqual(await everything(), ["packages/", "packages/incoming/"]);
});

function signature(
  value: object,
  subject: { readonly digest: string; readonly size: number; readonly mediaType: string },
) {
  const empty = Buffer.from("{}");
  const own = Buffer.from(JSON.stringify(value));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: artifactTypes.signature,
      config: descriptorOf(empty, mediaTypes.empty),
      layers: [descriptorOf(own, mediaTypes.signature)],
      subject,
    }),
  );
  return { manifests: [descriptorOf(manifest, mediaTypes.manifest)], blobs: [empty, own, manifest] };
}

async function* repeated(
  block: Uint8Array,
  times: number,
  sent: { blocks: number },
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < times; at += 1) {
    sent.blocks += 1;
    yield block;
  }
}

async function* joined(...parts: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield* part;
}

/** Makes the sum of the first header right again. */
function fixSum(tar: Buffer): void {
  tar.write("        ", 148, "latin1");
  let sum = 0;
  for (const byte of tar.subarray(0, 512)) sum += byte;
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
