import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { promisify } from "node:util";

const histories = Number(process.env["VDC_SIM_HISTORIES"] ?? 10_000);
const first = Number(process.env["VDC_SIM_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** Every operation; CI has less time. */
const stride = process.env["VDC_SIM_STRIDE"] ?? "1";
const runNode = promisify(execFile);

/** Short-lived garbage is most of what a simulation makes: with room for it, less time is spent on it. */
async function simulate(...args: readonly string[]): Promise<string> {
  const program = ["--max-semi-space-size=64", "sim/object-store-crash.ts", ...args];
  return (await runNode(process.execPath, program)).stdout.trim();
}

test(`the object store keeps its word in ${histories} histories of crashes, torn writes and ill drives`, async (context) => {
  context.diagnostic(`VDC_SIM_SEED=${first}`);
  const processes = availableParallelism();
  const share = Math.ceil(histories / processes);
  const runs = Array.from({ length: processes }, async (_, index) => {
    const from = first + index * share;
    return await simulate(String(from), String(share));
  });
  // A process in which a history went wrong ends with a code, and its message names the seed.
  for (const told of await Promise.all(runs)) {
    context.diagnostic(told);
    assert.match(told, / 0 failed$/);
  }
});

test("the object store keeps its word when the power goes at every single operation of a life", async (context) => {
  const told = await simulate("every-operation", stride);
  context.diagnostic(told);
  assert.match(told, / 0 failed$/);
});
