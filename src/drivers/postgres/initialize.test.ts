import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { unprivilegedAccount } from "./account.ts";
import { locateBinaries } from "./binaries.ts";
import { initialize } from "./embedded.ts";

const isRoot = process.getuid?.() === 0;

test(
  "a link that the server's account put into its folder is neither written through nor given away by root",
  { skip: isRoot ? false : "needs root" },
  async () => {
    const root = mkdtempSync(join(tmpdir(), "vdc-init-"));
    try {
      chmodSync(root, 0o711);
      const [binaries, account] = [locateBinaries(), await unprivilegedAccount()];
      assert.ok(binaries !== undefined && account !== undefined);
      const victim = join(root, "victim");
      writeFileSync(victim, "of root", { mode: 0o600 });
      const socketDirectory = join(root, "run");
      mkdirSync(socketDirectory, { mode: 0o700 });
      chownSync(socketDirectory, account.uid, account.gid);
      for (const name of ["initdb-password", "data.password"])
        symlinkSync(victim, join(socketDirectory, name));
      symlinkSync(victim, join(root, "data.password"));
      const dataDirectory = join(root, "data");
      await initialize({ binaries, account, dataDirectory, socketDirectory }, "a password");
      assert.equal(readFileSync(victim, "utf8"), "of root");
      assert.equal(statSync(victim).uid, 0);
      assert.equal(statSync(dataDirectory).uid, account.uid);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);
