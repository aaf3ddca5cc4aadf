import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { BlobStore } from "#burst/scheduler/blob-store.ts";
import { systemRandom } from "#lib/random.ts";
import { planLifecycle } from "#objects/care/lifecycle.ts";
import { movableClock } from "#test/support/movable-clock.ts";
import { adminWorld } from "#test/support/object-store-admin.ts";
import { s3Service, type S3Service } from "#test/support/s3-service.ts";
import { createBlobStore } from "./burst-blobs.ts";

const dayMs = 24 * 3_600_000;
const project = "prj_one";
const page = "https://darkroom.example.org";
const bytes = Buffer.from("a tile");
const blob = createHash("sha256").update(bytes).digest("hex");

describe("blobs of burst in the object store", () => {
  const clock = movableClock();
  let service: S3Service;
  let blobs: BlobStore;
  before(async () => {
    service = await s3Service({ clock });
    const store = adminWorld(service.store, service.endpoint).here;
    blobs = createBlobStore({ store, clock, random: systemRandom });
  });
  after(async () => await service[Symbol.asyncDispose]());

  const placeOf = async (name: string) => {
    const [place] = await blobs.writeUrls(project, [{ blob: name, bytes: bytes.length }]);
    assert.ok(place !== undefined);
    return place;
  };
  const addressOf = async (name: string) => (await blobs.readUrls(project, [name]))[0] ?? "";

  it("takes a blob from a page of another origin, which asks first, and gives it back", async () => {
    const { url, headers } = await placeOf(blob);
    const asked = await fetch(url, {
      method: "OPTIONS",
      headers: {
        origin: page,
        "access-control-request-method": "PUT",
        "access-control-request-headers": Object.keys(headers).join(),
      },
    });
    assert.equal(asked.status, 200);
    assert.equal(asked.headers.get("access-control-allow-origin"), "*");
    assert.match(asked.headers.get("access-control-allow-methods") ?? "", /PUT/);
    const allowed = (asked.headers.get("access-control-allow-headers") ?? "").toLowerCase();
    for (const name of Object.keys(headers)) assert.ok(allowed.includes(name) || allowed === "*", allowed);
    const sent = await fetch(url, { method: "PUT", headers: { ...headers, origin: page }, body: bytes });
    assert.deepEqual([sent.status, sent.headers.get("access-control-allow-origin")], [200, "*"]);
    assert.deepEqual([...(await blobs.has(project, [blob, "0".repeat(64)]))], [blob]);
    const got = await fetch(await addressOf(blob), { headers: { origin: page } });
    assert.deepEqual([got.status, got.headers.get("access-control-allow-origin")], [200, "*"]);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes);
  });

  it("takes nothing under a name but the bytes whose hash it is", async () => {
    const name = createHash("sha256").update("another tile").digest("hex");
    const { url, headers } = await placeOf(name);
    const wrong = await fetch(url, { method: "PUT", headers, body: bytes });
    assert.equal(wrong.status, 400);
    const own = { "x-amz-checksum-sha256": createHash("sha256").update(bytes).digest("base64") };
    const unsigned = await fetch(url, { method: "PUT", headers: own, body: bytes });
    assert.equal(unsigned.status, 403, "the checksum is part of what was signed");
    const bare = await fetch(url, { method: "PUT", body: bytes });
    assert.equal(bare.status, 403);
    assert.equal((await blobs.has(project, [name])).size, 0);
    assert.equal((await fetch(await addressOf(name))).status, 404);
  });

  it("signs for one name, one method and an hour", async () => {
    await blobs.put(project, blob, bytes);
    const address = await addressOf(blob);
    const { url, headers } = await placeOf(blob);
    assert.equal((await fetch(address, { method: "DELETE" })).status, 403);
    assert.equal((await fetch(address.replace(project, "prj_two"))).status, 403);
    assert.equal((await fetch(url)).status, 403);
    clock.advance(3_601_000);
    assert.equal((await fetch(address)).status, 403);
    assert.equal((await fetch(url, { method: "PUT", headers, body: bytes })).status, 403);
    assert.equal((await blobs.has("prj_two", [blob])).size, 0, "what one project has is nothing of another");
  });

  it("lets a blob go a week after it came, and uploads that were left after a day", async () => {
    await blobs.put(project, blob, bytes);
    const bucket = service.store.configuration.buckets().find(({ name }) => name === "vdc-burst");
    assert.deepEqual([bucket?.acl, bucket?.versioning], ["private", "off"]);
    const rules = bucket?.lifecycle ?? [];
    assert.deepEqual(
      rules.map(({ abortIncompleteUploadDays }) => abortIncompleteUploadDays),
      [1],
    );
    const key = `${project}/${blob.slice(0, 2)}/${blob}`;
    const { version } = await service.store.catalog.find({ bucket: "vdc-burst", key });
    assert.ok(version !== undefined);
    const doneAfter = (days: number) =>
      planLifecycle(rules, [version], clock.now() + days * dayMs).map((action) => action.do);
    assert.deepEqual([doneAfter(6), doneAfter(9)], [[], ["expire"]]);
  });

  it("makes one key, which every control process finds", async () => {
    const store = adminWorld(service.store, service.endpoint).here;
    const other = createBlobStore({ store, clock, random: systemRandom });
    await blobs.put(project, blob, bytes);
    const [address] = await other.readUrls(project, [blob]);
    assert.equal((await fetch(address ?? "")).status, 200);
    assert.equal((await store.catalog.keys({ owner: "system" })).length, 1);
  });
});
