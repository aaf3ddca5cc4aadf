import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ClientPrograms, without } from "./objects/client-program.ts";
import { digests } from "./objects/odd-files.ts";
import { workplace, type Workplace } from "./objects/workplace.ts";

describe("Debian's restic and the object store", { skip: without("restic") }, () => {
  let place: Workplace;
  let programs: ClientPrograms;
  let first: ReturnType<typeof digests>;

  before(async () => {
    place = await workplace();
    const { store, home } = place;
    programs = new ClientPrograms(home, {
      AWS_ACCESS_KEY_ID: store.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
      AWS_DEFAULT_REGION: store.region,
      RESTIC_REPOSITORY: `s3:${store.endpoint}/backups/of-home`,
      RESTIC_PASSWORD: "of this test",
    });
    first = digests(place.files);
  });
  after(() => place[Symbol.asyncDispose]());

  const restic = async (...words: readonly string[]) => await programs.run("restic", ...words);

  it("make a repository, back up, change files, back up again, and find every byte right", async () => {
    await restic("init");
    await restic("backup", "files", "--tag", "first");
    rmSync(join(place.files, "deep"), { recursive: true });
    appendFileSync(join(place.files, "empty"), "no longer");
    writeFileSync(join(place.files, "new"), randomBytes(30_000_000));
    await restic("backup", "files", "--tag", "second");
    assert.match(await restic("check", "--read-data"), /no errors were found/);
  });

  it("restore both backups as they were", async () => {
    for (const [tag, expected] of [
      ["first", first],
      ["second", digests(place.files)],
    ] as const) {
      await restic("restore", "latest", "--tag", tag, "--target", tag);
      assert.deepEqual(digests(join(place.home, tag, "files")), expected);
    }
  });

  it("forget the first backup, prune what only it had, and still find every byte right", async () => {
    // Grouped by nothing: the two have the same paths but other tags.
    const said = await restic("forget", "--group-by", "", "--keep-last", "1", "--prune");
    assert.match(said, /remove 1 snapshots/);
    assert.match(said, /to delete: +\d+ blobs/);
    assert.match(await restic("check", "--read-data"), /no errors were found/);
    await programs.refusal("restic", "restore", "latest", "--tag", "first", "--target", "gone");
    await restic("restore", "latest", "--target", "again");
    assert.deepEqual(digests(join(place.home, "again", "files")), digests(place.files));
  });
});
