import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { median, spread } from "#bench/support/statistics.ts";
import { layOut } from "#main/data-directory.ts";
import { liveGateways } from "#main/gateway/identity.ts";
import { repositoryRoot } from "#main/repository.ts";
import { startRealDataCenter } from "#test/support/real-data-center.ts";

/**
 * From `vdc deploy newsroom.vdc.tar` to the first request that the app answers, through the gateway, in a data center that runs:
 * the time of the command line's own start is in it. Each round installs under another name, so nothing is there yet but
 * the files of the package, which are unpacked by the first round.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const launcher = join(repositoryRoot, "vdc");

await using center = await startRealDataCenter(["--gateways", "2"]);
await center.ready(60_000);
const archive = join(center.directory, "newsroom.vdc.tar");
await vdc("package", "build", join(repositoryRoot, "examples/newsroom"), "-o", archive);
const port = liveGateways(layOut(center.directory).gatewayRun)[0]?.httpPort ?? 0;

const first: number[] = [];
const whole: number[] = [];
for (let round = 0; round <= rounds; round += 1) {
  const name = `news${round}`;
  const begun = performance.now();
  const deploying = vdc("deploy", archive, "--name", name, "--yes", "--data", center.directory).then(
    () => performance.now() - begun,
  );
  const served = firstAnswer(name).then(() => performance.now() - begun);
  const [firstMs, wholeMs] = await Promise.all([served, deploying]);
  console.error(
    `round ${round}: first answer after ${firstMs.toFixed(0)} ms, ready after ${wholeMs.toFixed(0)} ms`,
  );
  if (round > 0) {
    first.push(firstMs);
    whole.push(wholeMs);
  } // round 0 warms up
  await vdc("remove", name, "--yes", "--delete-volumes", "--data", center.directory);
}
console.log("| from `vdc deploy` to | ms, median (lowest–highest) |\n|---|---|");
console.log(`| the first answer of the app | ${spread(first)} |`);
console.log(`| the end of the command: all instances ready and watched | ${spread(whole)} |`);
console.log(
  `\n${rounds} rounds; target: the first answer within 2,000 ms: ${median(first) <= 2_000 ? "met" : "missed"}`,
);

async function vdc(...words: readonly string[]): Promise<void> {
  const child = spawn(launcher, words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`vdc ${words.join(" ")} ended with ${String(code)}: ${said}`);
}

/** Asks until the app itself answers: before, the gateway knows no such host. */
async function firstAnswer(name: string): Promise<void> {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    if ((await ask(name)) === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${name} never answered`);
}

function ask(name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path: "/", headers: { host: `${name}.localhost:${port}` }, agent: false },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}
