import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openDocumentFile } from "./documents.ts";

const folder = mkdtempSync(join(tmpdir(), "vdc-documents-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("a file of documents", () => {
  it("keeps documents by kind and id, over a close, and removes them", () => {
    const path = join(folder, "one.db");
    const first = openDocumentFile(path);
    first.write([
      { kind: "a", id: "2", body: "two" },
      { kind: "a", id: "1", body: "one" },
      { kind: "b", id: "1", body: "other" },
    ]);
    first.write([
      { kind: "a", id: "2" },
      { kind: "a", id: "1", body: "changed" },
    ]);
    first.close();
    const second = openDocumentFile(path);
    assert.deepEqual(
      [second.all("a"), second.all("b"), second.all("c")],
      [[{ id: "1", body: "changed" }], [{ id: "1", body: "other" }], []],
    );
    second.close();
  });

  it("writes all of a batch or nothing", () => {
    const file = openDocumentFile(join(folder, "two.db"));
    const senseless = null as unknown as string; // what the type forbids: the second write fails
    assert.throws(() =>
      file.write([
        { kind: "a", id: "1", body: "one" },
        { kind: "a", id: "2", body: senseless },
      ]),
    );
    assert.deepEqual(file.all("a"), []);
    file.close();
  });
});
