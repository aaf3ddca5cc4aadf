import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appSpecSchema } from "#api/kinds/app.ts";
import { bucketNameSchema, bucketSpecSchema, type BucketStatus } from "#api/kinds/bucket.ts";
import { keySpecSchema } from "#api/kinds/key.ts";
import { releaseSpecSchema } from "#api/kinds/release.ts";
import { manifestSchema } from "#api/manifest.ts";
import { secretLabel } from "#api/objects.ts";
import type { Id } from "#lib/ids.ts";
import { VdcError } from "#api/errors.ts";
import { bucketEnvironment } from "../instance/buckets.ts";
import { bucketSecretName } from "../names.ts";
import type { App, Bucket, Key, Release } from "../observed.ts";
import { planBuckets } from "./plan.ts";
import { requiredBuckets } from "./wanted.ts";

const manifest = manifestSchema.parse({
  apiVersion: "vdc.app/v1",
  id: "org.example.news",
  version: "1.0.0",
  name: "News",
  requires: {
    pictures: { type: "bucket" },
    "old-files": { type: "bucket", optional: true },
    store: {
      type: "volume",
      anyOf: [
        { name: "disk", type: "volume" },
        { name: "s3", type: "bucket" },
      ],
    },
  },
});
const place = { project: "shop", name: "news" };

function meta(kind: string, name: string) {
  const createdAt = "2026-01-01T00:00:00.000Z";
  const id = `res_${kind}_${name}` as Id<"resource">; // any text does for an id here
  return {
    kind,
    project: "shop",
    name,
    id,
    generation: 1,
    revision: 1,
    labels: {},
    createdAt,
    updatedAt: createdAt,
  };
}

const appSpec = appSpecSchema.parse({ package: "news" });
const app: App = { ...meta("app", "news"), spec: appSpec, status: {} };

function bucketOf(name: string, status: BucketStatus, s3Name?: string): Bucket {
  return { ...meta("bucket", name), spec: bucketSpecSchema.parse({ s3Name }), status };
}

function world(buckets: readonly Bucket[], keys: readonly Key[] = [], spec = appSpec) {
  const release = { app: "news", number: 1, package: "news", packageDigest: `sha256:${"0".repeat(64)}` };
  const rest = { version: "1.0.0", appSpec: spec, appGeneration: 1, difference: [], by: "ada" };
  const target: Release = {
    ...meta("release", "news-1"),
    spec: releaseSpecSchema.parse({ ...release, ...rest }),
    status: {},
  };
  const byName = <Kind extends { readonly name: string }>(all: readonly Kind[]) =>
    new Map(all.map((one) => [one.name, one]));
  // Of what was observed the plan of buckets reads these two.
  const observed = { buckets: byName(buckets), keys: byName(keys) } as never;
  return { app, target, observed };
}

describe("the buckets that a package requires", () => {
  it("are made under the names of project, app and requirement, unless they are optional or chosen", () => {
    assert.deepEqual(requiredBuckets(place, appSpec, manifest), [
      { requirement: "pictures", bucket: "news-pictures", madeAs: "shop-news-pictures", pages: false },
    ]);
    const requires = { pictures: { use: "album" }, store: { use: "depot", as: "s3" } };
    const chosen = appSpecSchema.parse({ package: "news", requires });
    assert.deepEqual(requiredBuckets(place, chosen, manifest), [
      { requirement: "pictures", bucket: "album", pages: false },
      { requirement: "store", bucket: "depot", pages: false },
    ]);
  });

  it("have names that S3 takes, however long those of project and app are", () => {
    const long = { project: "p".repeat(63), name: "a".repeat(40) };
    const [made] = requiredBuckets(long, appSpec, manifest);
    assert.ok(bucketNameSchema.safeParse(made?.madeAs).success);
  });

  it("are made once, with a key of the app's own that reaches them and nothing else", () => {
    const actions = planBuckets(world([]), manifest);
    assert.deepEqual(
      actions.map((action) => action.do),
      ["make-bucket", "put-key"],
    );
    const put = actions.find((action) => action.do === "put-key");
    assert.ok(put?.do === "put-key");
    assert.deepEqual(put.spec.buckets, ["shop-news-pictures"]);
    assert.equal(put.spec.access, "write");
    assert.deepEqual(put.labels, { [secretLabel]: "news-s3-credentials" });

    const bucket = bucketOf("news-pictures", { phase: "ready", s3Name: "shop-news-pictures" });
    const key: Key = {
      ...meta("key", "news-s3"),
      labels: put.labels,
      owner: { kind: "app", project: "shop", name: "news", id: app.id },
      spec: keySpecSchema.parse(put.spec),
      status: {},
    };
    assert.deepEqual(planBuckets(world([bucket], [key]), manifest), []);
    const { owner: _, ...ofSomebody } = key;
    const other: Key = { ...ofSomebody, spec: keySpecSchema.parse({}) };
    assert.deepEqual(planBuckets(world([bucket], [other]), manifest), [], "a key of somebody is left alone");
  });

  it("widen the key's reach when the installer chooses another bucket", () => {
    const requires = { pictures: { use: "album" } };
    const chosen = appSpecSchema.parse({ package: "news", requires });
    const album = bucketOf("album", { phase: "ready", s3Name: "shared.album" }, "shared.album");
    const [put] = planBuckets(world([album], [], chosen), manifest);
    assert.ok(put?.do === "put-key");
    assert.deepEqual(put.spec.buckets, ["shared.album"]);
  });
});

describe("what instances are told of their buckets", () => {
  const s3 = { endpoint: "http://127.0.0.1:9000", region: "us-east-1" };
  const ports = (bucket: Bucket | undefined, secret: string | undefined) => ({
    resources: { get: async () => await Promise.resolve(bucket) },
    secrets: {
      read: async (_: string, name: string) => {
        assert.equal(name, bucketSecretName("news"));
        return await Promise.resolve(secret === undefined ? undefined : { version: 1, value: secret });
      },
    },
    s3,
  });
  const ready = bucketOf("news-pictures", { phase: "ready", s3Name: "shop-news-pictures" });
  const pair = JSON.stringify({ accessKeyId: "VDCID", secretAccessKey: "geheim" });
  const code = (wanted: string) => (error: unknown) => error instanceof VdcError && error.code === wanted;

  it("is what S3's libraries look for, and the name of each bucket", async () => {
    assert.deepEqual(await bucketEnvironment(place, appSpec, manifest, ports(ready, pair)), {
      S3_ENDPOINT: s3.endpoint,
      S3_REGION: s3.region,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: s3.region,
      AWS_ACCESS_KEY_ID: "VDCID",
      AWS_SECRET_ACCESS_KEY: "geheim",
      S3_BUCKET_PICTURES: "shop-news-pictures",
    });
  });

  it("waits for the bucket and for the credentials, and says when there will be none", async () => {
    const told = async (given: Parameters<typeof bucketEnvironment>[3]) =>
      await bucketEnvironment(place, appSpec, manifest, given);
    await assert.rejects(told(ports(undefined, pair)), code("unavailable"));
    await assert.rejects(
      told(ports(bucketOf("news-pictures", { phase: "pending" }), pair)),
      code("unavailable"),
    );
    await assert.rejects(told(ports(ready, undefined)), code("unavailable"));
    const refused = bucketOf("news-pictures", { phase: "refused", reason: "The name is taken." });
    await assert.rejects(told(ports(refused, pair)), code("conflict"));
    await assert.rejects(told(ports(ready, "not credentials")), code("invalid"));
    await assert.rejects(told({ ...ports(ready, pair), s3: undefined }), code("unsupported"));
  });

  it("is nothing for an app that requires no bucket", async () => {
    const none = { requires: {} };
    assert.deepEqual(
      await bucketEnvironment(place, appSpec, none, { ...ports(undefined, undefined), s3: undefined }),
      {},
    );
  });
});
