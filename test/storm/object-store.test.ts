import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { promisify } from "node:util";

const histories = Number(process.env["VDC_SIM_HISTORIES"] ?? 10_000);
const first = Number(process.env["VDC_SIM_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const run = promisify(execFile);

test(`the object store keeps its word in ${histories} histories of crashes, torn writes and ill drives`, async (context) => {
  context.diagnostic(`VDC_SIM_SEED=${first}`);
  const processes = availableParallelism();
  const share = Math.ceil(histories / processes);
  const runs = Array.from({ length: processes }, async (_, index) => {
    const from = first + index * share;
    return await run(process.execPath, ["sim/object-store-crash.ts", String(from), String(share)]);
  });
  // A process in which a history went wrong ends with a code, and its message names the seed.
  for (const { stdout } of await Promise.all(runs)) {
    context.diagnostic(stdout.trim());
    assert.match(stdout, / 0 failed\n$/);
  }
});

test("the object store keeps its word when the power goes at every single operation of a life", async (context) => {
  const { stdout } = await run(process.execPath, ["sim/object-store-crash.ts", "every-operation"]);
  context.diagnostic(stdout.trim());
  assert.match(stdout, / 0 failed\n$/);
});
