import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ListObjects, ListVersions } from "#objects/catalog.ts";
import type { VersionRecord } from "#objects/records.ts";
import { byBytes, grouped, nameOfEntry, type OracleVersion } from "#test/support/object-store-oracle.ts";
import { commands, objectKeys, Pair, type Command } from "#test/support/object-store-pair.ts";
import { memoryObjectStore } from "#test/support/object-store.ts";

// Commands of one group are under way at once: each is planned on top of those that are not yet durable.
const histories = fc.array(fc.array(commands, { minLength: 1, maxLength: 8 }), { maxLength: 12 });
const prefixes = fc.constantFrom("", "", "a", "a/", "a\0", "b/", "ä", "z", "none");
const delimiters = fc.constantFrom("", "/", "//", "\0");
const bucket = "bucket";

async function played(hasLock: boolean, history: readonly (readonly Command[])[]): Promise<Pair> {
  const pair = await Pair.open(hasLock);
  for (const group of history) await Promise.all(group.map((command) => pair.run(command)));
  return pair;
}

test("after any history every version is where S3 would have it, with its bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), histories, async (hasLock, history) => {
      const pair = await played(hasLock, history);
      const { entries } = await pair.world.catalog.listVersions(everything);
      const listed = entries.flatMap((entry) => (entry.type === "version" ? [entry] : []));
      const expected = pair.oracle.all();
      assert.deepEqual(
        listed.map(({ version, isLatest }) => shown(version, isLatest)),
        expected.map((version) => shownOracle(pair, version)),
      );
      for (const [at, version] of expected.entries())
        assert.deepEqual(await bodiesOf(pair, listed[at]?.version), version.bodies ?? []);
      await checkBooks(pair);
    }),
    { numRuns: 150 },
  );
});
const everything: ListVersions = { bucket, prefix: "", delimiter: "", keyMarker: "", limit: 1000 };

test("pages of any size put together are the list of a naive filter", async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      prefixes,
      delimiters,
      fc.integer({ min: 1, max: 5 }),
      async (history, prefix, delimiter, limit) => {
        const pair = await played(false, history);
        const page = { bucket, prefix, delimiter, limit };
        assert.deepEqual(await pagedObjects(pair, page), pair.oracle.listed(page));
        const versions = pair.oracle.all().filter(({ key }) => key.startsWith(prefix));
        assert.deepEqual(await pagedVersions(pair, page), groupedVersions(pair, versions, prefix, delimiter));
        const uploads = [...pair.oracle.uploads.values()].map(({ key }) => key);
        assert.deepEqual([...new Set(await pagedUploads(pair, page))], grouped(uploads, prefix, delimiter));
      },
    ),
    { numRuns: 150 },
  );
});

test("a list begins after any marker, and after all of a common prefix that the marker is in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(objectKeys),
      prefixes,
      delimiters,
      objectKeys,
      async (present, prefix, delimiter, after) => {
        const pair = await Pair.open(false);
        for (const key of present) await pair.world.put(bucket, key, "x");
        const { entries } = await pair.world.catalog.list({ bucket, prefix, delimiter, after, limit: 1000 });
        const [marker = ""] = after.startsWith(prefix) ? grouped([after], prefix, delimiter) : [after];
        const expected = grouped(present, prefix, delimiter).filter((name) => byBytes(name, marker) > 0);
        assert.deepEqual(entries.map(nameOfEntry), expected);
      },
    ),
    { numRuns: 150 },
  );
});

test("an index that was made again from the journal answers the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), histories, async (hasLock, history) => {
      const pair = await played(hasLock, history);
      const again = await memoryObjectStore({ journal: pair.world.store.journal });
      assert.deepEqual(
        await again.catalog.listVersions(everything),
        await pair.world.catalog.listVersions(everything),
      );
      assert.deepEqual(
        again.opened.care.page("usage", undefined, 10).rows.map(({ value }) => Buffer.from(value).toString()),
        pair.world.store.opened.care
          .page("usage", undefined, 10)
          .rows.map(({ value }) => Buffer.from(value).toString()),
      );
    }),
    { numRuns: 150 },
  );
});

/** Counters, and that every extent is of one record or garbage. */
async function checkBooks(pair: Pair): Promise<void> {
  const { oracle, world } = pair;
  const { care } = world.store.opened;
  const versions = oracle.all();
  const record = world.store.configuration.bucket(bucket);
  assert.ok(record);
  assert.deepEqual(care.usage(record), {
    bucket,
    project: "default",
    objects: oracle.listed({ prefix: "", delimiter: "" }).length,
    versions: versions.length,
    bytes: versions.reduce((sum, { size }) => sum + size, 0),
    uploads: oracle.uploads.size,
  });
  const nulls = versions.filter((version) => version.id === "null" && oracle.newest(version.key) !== version);
  assert.equal(care.page("nullAt", undefined, 1000).rows.length, nulls.length);
  const garbage = care
    .page("garbage", undefined, 10_000)
    .rows.map(({ key }) => Buffer.from(key).toString("latin1").slice(9));
  assert.deepEqual(garbage.toSorted(), [...oracle.garbage].toSorted());
  for (const { key, extents } of versions)
    for (const id of extents) assert.equal(care.extent(id)?.version?.key, key);
  for (const { parts } of oracle.uploads.values())
    for (const part of parts.values())
      for (const id of part.extents) assert.equal(care.ownerOf(id)?.type, "part");
}

async function bodiesOf(
  pair: Pair,
  version: VersionRecord | undefined,
): Promise<readonly (string | undefined)[]> {
  assert.ok(version);
  const { key, versionId } = version;
  const found = await pair.world.catalog.find({ bucket, key, versionId });
  const places =
    version.parts === undefined
      ? version.data.at === "inline"
        ? [found.place]
        : []
      : version.parts.map(({ blob }) => (blob === undefined ? undefined : found.places?.[blob]));
  return await Promise.all(
    places.map(async (place) =>
      place === undefined
        ? undefined
        : Buffer.from(await pair.world.store.journal.readBlob(place)).toString(),
    ),
  );
}

function shown(version: VersionRecord, isLatest: boolean) {
  const { key, versionId, etag, size, isDeleteMarker, retention, legalHold, tags } = version;
  return { key, versionId, etag, size, isLatest, isDeleteMarker, retention, legalHold, tags };
}
function shownOracle(pair: Pair, version: OracleVersion) {
  const { key, etag, size, retention, hold, tags } = version;
  return {
    key,
    versionId: pair.ids.get(version.id),
    etag,
    size,
    isLatest: pair.oracle.newest(key) === version,
    isDeleteMarker: version.isMarker,
    retention,
    legalHold: hold,
    tags: tags === undefined ? undefined : { tag: tags },
  };
}

function groupedVersions(pair: Pair, versions: readonly OracleVersion[], prefix: string, delimiter: string) {
  const names = versions.map(({ key, id }) => {
    const [name = ""] = grouped([key], prefix, delimiter);
    return name === key && (delimiter === "" || key.indexOf(delimiter, prefix.length) < 0)
      ? `${key} ${pair.ids.get(id)}`
      : name;
  });
  return names.filter((name, at) => name !== names[at - 1]);
}

async function pagedObjects(pair: Pair, page: Omit<ListObjects, "after">): Promise<readonly string[]> {
  const names: string[] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const listed = await pair.world.catalog.list({ ...page, after });
    assert.ok(listed.entries.length <= page.limit);
    names.push(...listed.entries.map(nameOfEntry));
    after = listed.isTruncated ? listed.next : undefined;
  }
  return names;
}

async function pagedVersions(pair: Pair, page: Omit<ListObjects, "after">): Promise<readonly string[]> {
  const names: string[] = [];
  let marker: { keyMarker: string; versionIdMarker?: string } | undefined = { keyMarker: "" };
  while (marker !== undefined) {
    const listed = await pair.world.catalog.listVersions({ ...page, ...marker });
    assert.ok(listed.entries.length <= page.limit);
    for (const entry of listed.entries)
      names.push(entry.type === "prefix" ? entry.prefix : `${entry.version.key} ${entry.version.versionId}`);
    const { nextKeyMarker: keyMarker, nextVersionIdMarker: versionIdMarker } = listed;
    marker =
      keyMarker === undefined
        ? undefined
        : { keyMarker, ...(versionIdMarker === undefined ? {} : { versionIdMarker }) };
  }
  return names;
}

async function pagedUploads(pair: Pair, page: Omit<ListObjects, "after">): Promise<readonly string[]> {
  const names: string[] = [];
  let marker: { keyMarker: string; uploadIdMarker?: string } | undefined = { keyMarker: "" };
  while (marker !== undefined) {
    const listed = await pair.world.catalog.listUploads({ ...page, ...marker });
    names.push(...listed.entries.map((entry) => (entry.type === "prefix" ? entry.prefix : entry.upload.key)));
    const { nextKeyMarker: keyMarker, nextUploadIdMarker: uploadIdMarker } = listed;
    marker =
      keyMarker === undefined
        ? undefined
        : { keyMarker, ...(uploadIdMarker === undefined ? {} : { uploadIdMarker }) };
  }
  return names;
}
