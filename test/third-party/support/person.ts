import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { instanceSpecSchema, instanceStatusSchema } from "#api/kinds/instance.ts";
import { systemClock } from "#lib/clock.ts";
import { vdc } from "#test/e2e/support/center.ts";

/** Runs `./vdc` against a data center as a person at its machine would; a status other than the wanted one fails with what it said. */
export async function call(
  data: string,
  words: readonly string[],
  wantedStatus = 0,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly seconds: number }> {
  const began = systemClock.monotonic();
  const result = await vdc(words, { env: { VDC_DATA: data } });
  assert.equal(result.status, wantedStatus, `vdc ${words.join(" ")}\n${result.stdout}${result.stderr}`);
  return { ...result, seconds: (systemClock.monotonic() - began) / 1000 };
}

/** Gives the package of a folder its next version, in the two places where an author writes it. */
export function writeVersion(folder: string, version: string, purl: string): void {
  const file = join(folder, "vdc-app.yaml");
  const text = readFileSync(file, "utf8");
  const next = text.replace(/^version: .*$/m, `version: ${version}`).replace(/purl: ".*"/, `purl: "${purl}"`);
  assert.notEqual(next, text);
  writeFileSync(file, next);
}

const instanceList = z.object({
  items: z.array(z.object({ spec: instanceSpecSchema, status: instanceStatusSchema })),
});

/** What `vdc get instances` says of the memory limit of an app's ready instance; it has to be in force. */
export async function memoryLimitOf(data: string, app: string): Promise<string> {
  const { stdout } = await call(data, ["get", "instances", "-p", "default", "--json"]);
  const instance = instanceList
    .parse(JSON.parse(stdout))
    .items.find(({ spec, status }) => spec.app === app && status.phase === "ready");
  const protections = instance?.status.protections ?? [];
  const limit = protections.find(({ name }) => name === "memory-limit");
  assert.equal(limit?.active, true, stdout);
  return limit.detail ?? "";
}
