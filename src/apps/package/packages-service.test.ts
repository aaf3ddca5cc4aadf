import assert from "node:assert/strict";
import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import type { PackageSpec, PackageStatus } from "#api/kinds/package.ts";
import { projectSpecSchema } from "#api/kinds/project.ts";
import type { Resource } from "#api/resource.ts";
import { createReconcilerDriver } from "#control/reconcile/driver.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import {
  built,
  forgedArchive,
  inChunks,
  smallApp,
  testDisk,
  testFolder,
  writeFiles,
} from "#test/support/package-archive.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { gather } from "./documents.ts";
import { hexOf } from "./format.ts";
import { openPackage } from "./open.ts";
import { createPackageFiles } from "./package-files.ts";
import { createPackagesService, type PackagesService } from "./packages-service.ts";
import { createPackageReconciler } from "./reconcile.ts";
import { newSigningKey } from "./signature.ts";
import { signPackage } from "./sign.ts";

type Package = Resource<PackageSpec, PackageStatus>;

const by = { actor: systemActor("test") };
const { signal } = new AbortController();

describe("the packages of a project", () => {
  let testStore: TestStore;
  let folder: Awaited<ReturnType<typeof testFolder>>;
  let service: PackagesService;
  before(async () => {
    testStore = await openTestStore();
    folder = await testFolder();
    const { disk } = testDisk(folder.path);
    const files = createPackageFiles({ disk, clock: systemClock });
    service = createPackagesService({ disk, files, resources: testStore.store.resources, log: silentLog });
  });
  after(async () => {
    await testStore[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function project(name: string, spec: object = {}): Promise<void> {
    const wanted = { kind: "project", name, labels: {}, spec: projectSpecSchema.parse(spec) };
    await testStore.store.resources.apply(wanted, { by });
  }

  /** The archive of a package with this id, version and content. */
  async function archiveOf(id: string, version: string, content = "1"): Promise<Buffer> {
    await using source = await testFolder();
    await writeFiles(source.path, {
      ...smallApp,
      "app/content.txt": content,
      "vdc-app.yaml": `apiVersion: vdc.app/v1\nid: ${id}\nversion: ${version}\nname: Shop\n`,
    });
    return (await built(source.path)).archive;
  }

  async function upload(name: string, archive: Buffer): Promise<Package> {
    return (await service.upload(name, inChunks(archive), by, signal)) as Package; // made of the package kind's spec
  }

  it("get one resource for one content, named after its id and version, however often it is uploaded", async () => {
    await project("one");
    const archive = await archiveOf("org.example.shop", "1.2.0");
    const first = await upload("one", archive);
    assert.equal(first.name, "shop-1-2-0");
    assert.equal(first.status.phase, "available");
    assert.equal(first.spec.manifest.id, "org.example.shop");
    assert.equal((await upload("one", archive)).id, first.id);
  });

  it("get the beginning of their digest into the name where another id has it already", async () => {
    await project("two");
    await upload("two", await archiveOf("org.example.shop", "1.0.0"));
    const other = await upload("two", await archiveOf("com.other.shop", "1.0.0"));
    assert.equal(other.name, `shop-1-0-0-${hexOf(other.spec.digest).slice(0, 8)}`);
  });

  it("never get another content for a version that was given, but for one in the making", async () => {
    await project("three");
    await upload("three", await archiveOf("org.example.shop", "1.0.0"));
    await assert.rejects(upload("three", await archiveOf("org.example.shop", "1.0.0", "2")), {
      code: "already-exists",
    });
    const dev = await upload("three", await archiveOf("org.example.shop", "1.1.0-dev"));
    const next = await upload("three", await archiveOf("org.example.shop", "1.1.0-dev", "2"));
    assert.equal(dev.name, "shop-1-1-0-dev");
    assert.notEqual(next.name, dev.name);
  });

  it("are two when two are uploaded at once, and one when they are the same", async () => {
    await project("four");
    const archives = [await archiveOf("org.a.shop", "1.0.0"), await archiveOf("org.b.shop", "1.0.0")];
    const made = await Promise.all([...archives, ...archives].map((archive) => upload("four", archive)));
    assert.equal(new Set(made.map(({ id }) => id)).size, 2);
    assert.equal(new Set(made.map(({ name }) => name)).size, 2);
  });

  it("have to be signed by a key of the project when it says so", async () => {
    const key = newSigningKey();
    const stranger = newSigningKey();
    await project("signed", {
      packages: { trust: "signed", keys: [{ name: "release", publicKey: key.publicKey }] },
    });
    const archive = await archiveOf("org.example.shop", "1.0.0");
    await assert.rejects(upload("signed", archive), { code: "forbidden", message: /not signed/ });
    await assert.rejects(upload("signed", await signed(archive, stranger.privateKey)), {
      message: /does not trust/,
    });
    const made = await upload("signed", await signed(archive, key.privateKey));
    assert.deepEqual(made.spec.signedBy, { keyId: key.keyId, name: "release" });
  });

  it("keep nothing on the disk of what the project's quota forbids", async () => {
    await project("full", { quotas: { storageBytes: 10 } });
    const earlier = await readdir(folder.path, { recursive: true });
    const archive = await archiveOf("org.example.shop", "9.9.9", "content that is nowhere else");
    await assert.rejects(upload("full", archive), { code: "quota-exceeded" });
    assert.deepEqual(await readdir(folder.path, { recursive: true }), earlier);
  });

  it("are refused when their configuration would lead an engine astray", async () => {
    await project("astray");
    const change = (fields: object) => async () => {
      const config = (plain: Record<string, unknown>) => {
        const [component] = plain["components"] as object[]; // as the support makes it
        return { ...plain, components: [{ ...component, ...fields }] };
      };
      await upload("astray", await forgedArchive({ config }));
    };
    await assert.rejects(change({ volumes: [{ name: "v", path: "/data/../proc" }] }), { code: "invalid" });
    await assert.rejects(change({ volumes: [{ name: "v", path: "/proc/1" }] }), /system's own/);
    await assert.rejects(change({ volumes: [{ name: "v", path: "/usr/bin" }] }), /system's own/);
    const nested = ["/data/sub", "/data"].map((path, at) => ({ name: `v${at}`, path }));
    await assert.rejects(change({ volumes: nested }), /inside another one/);
    await assert.rejects(change({ workingDirectory: "../etc" }), { code: "invalid" });
    await assert.rejects(change({ environment: { "A=B": "x" } }), { code: "invalid" });
    await assert.rejects(change({ command: ["a\u0000b"] }), /zero byte/);
    await assert.rejects(change({ dependsOn: [{ component: "none" }] }), /no component 'none'/);
  });

  it("show only the files that they name, by what their bytes are", async () => {
    await project("shown");
    const made = await upload("shown", await archiveOf("org.example.shop", "1.0.0"));
    const sbom = made.spec.sbom ?? "";
    const blob = await service.blob({ project: "shown", name: made.name }, sbom, signal);
    assert.equal(blob.mediaType, "application/vnd.cyclonedx+json");
    const { digest } = made.spec; // of the image manifest, which is kept and not shown
    await assert.rejects(service.blob({ project: "shown", name: made.name }, digest, signal), {
      code: "not-found",
    });
  });

  it("are made whole again by uploading them again, and say so when they are not", async () => {
    await project("damaged");
    const archive = await archiveOf("org.example.shop", "1.0.0", "damaged soon");
    const made = await upload("damaged", archive);
    const hex = hexOf(made.spec.components[0]?.artifact ?? "");
    await rm(join(folder.path, "packages/sha256", hex.slice(0, 2), hex), { recursive: true });
    await using driver = packageDriver(testStore);
    driver.start();
    const status = async () =>
      (
        (await testStore.store.resources.get({
          kind: "package",
          project: "damaged",
          name: made.name,
        })) as Package
      ).status;
    await waitFor(async () => (await status()).phase === "damaged", {
      withinMs: 10_000,
      what: "the package is damaged",
    });
    await upload("damaged", archive);
    driver.wake("damaged");
    await waitFor(async () => (await status()).phase === "available", {
      withinMs: 10_000,
      what: "the package is whole",
    });
  });

  it("stay while an app runs them, say which, and go when none does", async () => {
    await project("used");
    const { resources } = testStore.store;
    const made = await upload("used", await archiveOf("org.example.shop", "1.0.0"));
    const key = { kind: "package", project: "used", name: made.name };
    const app = { kind: "app", project: "used", name: "news", labels: {}, spec: { package: made.name } };
    await resources.apply(app, { by });
    await using driver = packageDriver(testStore);
    driver.start();
    const now = async () => (await resources.get(key)) as Package | undefined; // of that kind
    await waitFor(async () => (await now())?.status.usedBy?.[0] === "news", {
      withinMs: 10_000,
      what: "it is used",
    });
    await resources.delete(key, { by });
    driver.wake("used");
    await waitFor(() => driver.status().lastSaw?.startsWith("used") === true, {
      withinMs: 10_000,
      what: "a pass",
    });
    assert.ok((await now())?.deletingSince !== undefined, "it waits for the app");
    // An app is finalized by its own reconciler, which is not part of this test.
    await resources.delete({ kind: "app", project: "used", name: "news" }, { by });
    await waitFor(async () => (await now()) === undefined, { withinMs: 10_000, what: "it is gone" });
  });

  function packageDriver({ store }: TestStore) {
    const { disk } = testDisk(folder.path);
    const files = createPackageFiles({ disk, clock: systemClock });
    const reconciler = createPackageReconciler({ resources: store.resources, files });
    const { leases, feed } = store;
    return createReconcilerDriver({
      reconciler,
      leases,
      feed,
      holder: "test",
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    });
  }
});

it("files that no package names are removed once they are old, and those of a running upload never", async () => {
  await using folder = await testFolder();
  await writeFiles(join(folder.path, "source"), smallApp);
  const made = await built(join(folder.path, "source"));
  const { disk } = testDisk(folder.path);
  const files = createPackageFiles({ disk, clock: systemClock });
  await using opened = await openPackage(inChunks(made.archive), { disk });
  await opened.keep();
  assert.equal(await files.removeUnused(new Set()), 0, "what was just kept stays");
  const artifact = made.components[0]?.artifact ?? "";
  const place = await files.artifact(artifact);
  await utimes(place, 1, 1);
  assert.equal(await files.removeUnused(new Set([artifact])), 0, "what is named stays");
  assert.equal(await files.removeUnused(new Set()), 1);
  await assert.rejects(files.artifact(artifact), { code: "not-found" });
});

it("what an interrupted upload left behind is removed at the next start", async () => {
  await using folder = await testFolder();
  const { disk, everything } = testDisk(folder.path);
  await disk.draft();
  await writeFile(join(folder.path, "packages/incoming/half"), "half");
  await disk.clean();
  assert.deepEqual(await everything(), ["packages/"]);
});

async function signed(archive: Buffer, privateKeyPem: string): Promise<Buffer> {
  await using folder = await testFolder();
  await using draft = await testDisk(folder.path).disk.draft();
  let out = Buffer.alloc(0);
  const write = async (chunks: AsyncIterable<Uint8Array>) => {
    out = Buffer.from(await gather(chunks, 1 << 24, "archive"));
  };
  await signPackage({ archive: inChunks(archive), draft, privateKeyPem, write });
  return out;
}
