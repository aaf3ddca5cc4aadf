import assert from "node:assert/strict";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { VdcError } from "#api/errors.ts";
import { openSourceFolder } from "#drivers/package-files/source-folder.ts";
import {
  built,
  inChunks,
  smallApp,
  testDisk,
  testFolder,
  writeFiles,
} from "#test/support/package-archive.ts";
import { ignoreRules } from "./ignore.ts";
import { starterFiles } from "./init.ts";
import { inspectPackage } from "./inspect.ts";
import { mediaTypeOf } from "./media-type.ts";

const manifest = (more: string) =>
  `apiVersion: vdc.app/v1\nid: org.example.shop\nversion: 1.0.0\nname: Shop\n${more}`;

async function buildFields(more: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  await using folder = await testFolder();
  await writeFiles(folder.path, { ...smallApp, "vdc-app.yaml": manifest(more), ...files });
  let said = "";
  await assert.rejects(built(folder.path), (error) => {
    assert.ok(error instanceof VdcError, String(error));
    said =
      error.fields.length === 0
        ? error.message
        : error.fields.map(({ path, message }) => `${path}: ${message}`).join("\n");
    return true;
  });
  return said;
}

describe("vdc-app.yaml", () => {
  it("is refused with the wrong field and the nearest known key", async () => {
    assert.match(
      await buildFields("hompage: https://example.org"),
      /hompage: unknown field; did you mean 'homepage'/,
    );
    assert.match(
      await buildFields("settings: { title: { typ: string } }"),
      /settings\.title\.typ: unknown field; did you mean 'type'/,
    );
    assert.match(await buildFields("icon: ../icon.png"), /icon: use a relative path/);
  });

  it("is refused when a name leads nowhere, all of them at once", async () => {
    const said = await buildFields(`upgradeFrom: later
routes: { site: { component: wbe }, a: { component: web, primary: true }, b: { component: web, primary: true } }
scale: { none: {} }
hooks: { verify: { component: gone, command: [x] } }
backup: { volumes: [data] }
settings:
  kind: { type: enum }
  size: { type: integer, default: large }
  key: { type: string, secret: true, default: abc }
  code: { type: string, pattern: "(" }`);
    for (const path of [
      "upgradeFrom",
      "routes.site.component",
      "routes:",
      "scale.none",
      "hooks.verify.component",
      "backup.volumes[0]",
      "settings.kind",
      "settings.size.default",
      "settings.key.default",
      "settings.code.pattern",
    ])
      assert.ok(said.includes(path), `${path} in ${said}`);
  });

  it("is refused for a version that is none, a setting that is not there and a picture that is no picture", async () => {
    assert.match(
      await buildFields("", { "vdc-app.yaml": manifest("").replace("1.0.0", "v1.0") }),
      /version: a semantic version/,
    );
    const compose = (smallApp["compose.yaml"] ?? "").replace(
      "expose:",
      "environment: { T: '${settings.titel}' }\n    expose:",
    );
    assert.match(
      await buildFields("", { "compose.yaml": compose }),
      /environment\.T: there is no setting 'titel'/,
    );
    assert.match(
      await buildFields("icon: icon.png", { "icon.png": "<script>" }),
      /icon\.png is not a picture/,
    );
    assert.match(await buildFields("icon: icon.png"), /there is no such file/);
  });
});

describe("a new package", () => {
  const found = async (files: Readonly<Record<string, string>>) => {
    await using folder = await testFolder();
    await writeFiles(folder.path, files);
    const made = await starterFiles(openSourceFolder(folder.path), "My Shop");
    for (const { path, text } of made) await writeFile(join(folder.path, path), text, { flag: "wx" });
    const { components, manifest: read } = await built(folder.path);
    return { web: components[0], manifest: read, files: await readdir(folder.path) };
  };

  it("builds at once, whatever was found in the folder", async () => {
    const empty = await found({});
    assert.deepEqual([empty.web?.command, empty.manifest.id], [["node", "server.js"], "org.example.my-shop"]);
    assert.ok(empty.files.includes("server.js"));
    const node = await found({
      "package.json": `{"version":"3.1.4","scripts":{"start":"node src/main.js --x"},"engines":{"node":">=22"}}`,
    });
    assert.deepEqual(
      [node.web?.command, node.web?.runtime.range, node.manifest.version],
      [["node", "src/main.js", "--x"], ">=22", "3.1.4"],
    );
    const npm = await found({ "package.json": `{"scripts":{"start":"build && node ."}}` });
    assert.deepEqual(npm.web?.command, ["npm", "start"]);
    const python = await found({ "requirements.txt": "flask==3.1.0\n", "app.py": "" });
    assert.deepEqual(
      [python.web?.command, python.web?.runtime],
      [["python3", "app.py"], { name: "python", range: ">=3.11" }],
    );
    const compose = await found({
      "docker-compose.yml":
        "services: { api: { image: node:24, command: node a.js, volumes: ['.:/app:ro'], expose: [80] }, job: { command: [node, b.js] } }",
    });
    assert.deepEqual(Object.keys(compose.manifest.routes), ["api"]);
  });

  it("is not begun where there is one", async () => {
    await using folder = await testFolder();
    await writeFiles(folder.path, { "vdc-app.yaml": "" });
    await assert.rejects(starterFiles(openSourceFolder(folder.path), "x"), { code: "already-exists" });
  });
});

it("a Compose file alone is wrapped, its version is its content, and its secrets become settings", async () => {
  await using folder = await testFolder();
  const compose = `name: Corner Shop
services:
  web: { command: [node, server.js], expose: [80], secrets: [db_password], x-vdc: { artifact: app } }
  worker: { command: [node, worker.js] }
secrets: { db_password: { environment: X } }
`;
  await writeFiles(folder.path, { "app/server.js": "1", "stack.yaml": compose });
  const first = await built(folder.path, { composeFile: "stack.yaml" });
  assert.equal(first.manifest.id, "local.corner-shop");
  assert.match(first.manifest.version, /^0\.0\.0-c[0-9a-f]{12}$/);
  assert.deepEqual(Object.keys(first.manifest.routes), ["web"]);
  assert.deepEqual(
    [first.manifest.settings["dbPassword"]?.secret, first.manifest.settings["dbPassword"]?.file],
    [true, "db_password"],
  );
  await writeFile(join(folder.path, "app/server.js"), "2");
  assert.notEqual(
    (await built(folder.path, { composeFile: "stack.yaml" })).manifest.version,
    first.manifest.version,
  );
});

it("an inspected package says what is inside, Python libraries among it", async () => {
  await using folder = await testFolder();
  await writeFiles(folder.path, {
    ...smallApp,
    "app/lib/Flask_Thing-3.1.0.dist-info/METADATA":
      "Metadata-Version: 2.4\nName: Flask_Thing\nVersion: 3.1.0\nLicense-Expression: BSD-3-Clause\n\nName: not this\n",
  });
  await chmod(join(folder.path, "app/server.js"), 0o755);
  const made = await built(folder.path);
  const { disk } = testDisk(folder.path);
  const facts = await inspectPackage(inChunks(made.archive), disk, new AbortController().signal);
  assert.deepEqual(facts.libraries, [
    { component: "web", name: "Flask_Thing", version: "3.1.0", purl: "pkg:pypi/flask-thing@3.1.0" },
  ]);
  assert.deepEqual([facts.digest, facts.signedBy], [made.digest, []]);
});

it("patterns of .vdcignore mean what they mean to git", () => {
  const rules = ignoreRules("/top\nlogs/\n*.tmp\n!keep.tmp\ndocs/**/draft-?\n[ab].txt\n\\#hash\n");
  const ignored = (path: string, folder = false) => rules.ignores(path, folder);
  for (const path of [
    "top",
    "x.tmp",
    "a/b/x.tmp",
    "docs/draft-1",
    "docs/a/b/draft-2",
    "a.txt",
    "#hash",
    ".git",
    "sub/.git",
  ])
    assert.ok(ignored(path), path);
  for (const path of ["a/top", "keep.tmp", "logs", "docs/draft-10", "c.txt", "gitx", "xtmp"])
    assert.ok(!ignored(path), path);
  assert.ok(ignored("a/logs", true));
});

it("the type of a shown file is what its bytes are, not what its name says", () => {
  assert.equal(mediaTypeOf(Buffer.from("89504e470d0a1a0a00", "hex")), "image/png");
  assert.equal(mediaTypeOf(Buffer.from(`<?xml version="1.0"?>\n<!-- x --><svg xmlns="…">`)), "image/svg+xml");
  assert.equal(mediaTypeOf(Buffer.from("<html><script>")), "text/plain; charset=utf-8");
  assert.equal(mediaTypeOf(Buffer.from([0, 1, 2])), "application/octet-stream");
});
