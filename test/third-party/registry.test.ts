import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { ask, startLoad } from "#test/support/gateway-load.ts";
import { TemporaryFolder } from "#test/e2e/support/center.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";
import { addressIn, withLocalNames } from "./support/local-names.ts";
import { installInto, npm } from "./support/npm.ts";
import { call, memoryLimitOf, writeVersion } from "./support/person.ts";

const older = "6.10.3";
const newer = "6.10.4";
const folder = new TemporaryFolder();
const source = join(folder.path, "registry");
const file = (version: string) => join(folder.path, `registry-${version}.vdc.tar`);

/** Verdaccio, a registry for npm packages, as npm delivers it; its client is npm itself. */
describe("a private package registry from npm", () => {
  let center: RealDataCenter;
  let data = "";
  let address = new URL("http://localhost");
  let token = "";
  let upgrade: Promise<void> = Promise.resolve();

  before(async () => {
    [center] = await Promise.all([
      startRealDataCenter(),
      installInto(source, "verdaccio", `verdaccio@${older}`),
    ]);
    data = center.directory;
    await center.ready(60_000);
  });
  after(async () => {
    await upgrade.catch(() => undefined); // told by the test that awaits it
    await center?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const page = async (path: string) => await ask(Number(address.port), false, path, address.host);
  /** As a person who has signed in: with a configuration and a cache of her own. */
  const npmHere = async (words: readonly string[], cwd: string) => {
    const configuration = join(folder.path, "npmrc");
    writeFileSync(configuration, `//${address.host}/:_authToken=${token}\n`, { mode: 0o600 });
    return await npm([...words, `--registry=${address.href}`, "--no-audit", "--no-fund", "--prefer-online"], {
      cwd,
      env: {
        npm_config_userconfig: configuration,
        npm_config_cache: join(folder.path, "cache"),
        npm_config_noproxy: ".localhost",
        ...withLocalNames,
        npm_config_fetch_retries: "0", // a request that fails is one that the gateway failed
      },
    });
  };
  const published = (version: string) => {
    const at = join(folder.path, `parcel-${version}`);
    mkdirSync(at);
    writeFileSync(
      join(at, "package.json"),
      JSON.stringify({ name: "harbour-parcel", version, main: "main.js" }),
    );
    writeFileSync(join(at, "main.js"), `module.exports = "parcel ${version}";\n`);
    writeFileSync(join(at, "ballast.bin"), randomBytes(4_000_000)); // it does not compress
    return at;
  };
  /** Installs one version from the registry into a new folder, runs it there, and gives what it says. */
  const runs = async (version: string, when: string) => {
    const at = join(folder.path, `user-${version}-${when}`);
    mkdirSync(at);
    writeFileSync(join(at, "package.json"), "{}");
    await npmHere(["install", `harbour-parcel@${version}`], at);
    return (
      await npm(["exec", "--offline", "--", "node", "-p", "require('harbour-parcel')"], { cwd: at })
    ).trim();
  };
  /** Runs a step while clients read the package's document, and expects that not one of them was failed. */
  const whileRead = async (step: () => Promise<void>): Promise<number> => {
    const load = startLoad(Number(address.port), 4, { host: address.host, path: "/harbour-parcel" });
    await step().catch(async (error: unknown) => {
      await load.stop();
      throw error;
    });
    const { answered, failures } = await load.stop();
    assert.deepEqual([...new Set(failures)], []);
    return answered;
  };

  it("becomes a package and an app that is ready", async (context) => {
    const built = await call(data, ["package", "build", source, "-o", file("1.0.0")]);
    assert.match(built.stdout, /^server +7\d{3} /m);
    upgrade = installInto(source, "verdaccio", `verdaccio@${newer}`);
    const deployed = await call(data, ["deploy", file("1.0.0"), "--set=title=Harbour packages"]);
    assert.match(deployed.stdout, /^app\/registry is ready: release 1: 1\/1 ready$/m);
    address = addressIn(deployed.stdout);
    assert.match(await page("/"), /<title>Harbour packages<\/title>/);
    const top = await call(data, ["top", "registry"]);
    context.diagnostic(
      `built in ${built.seconds.toFixed(1)} s, deployed in ${deployed.seconds.toFixed(1)} s, ${/\d+ MiB/.exec(top.stdout)?.[0] ?? "?"}`,
    );
  });

  it("takes an account and a package of 4 MB from npm, and gives it back to run", async () => {
    const answer = await fetch(`${address.href}-/user/org.couchdb.user:ada`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "ada", password: "analytical-engine" }),
    });
    assert.equal(answer.status, 201);
    await assert.rejects(npmHere(["publish"], published("0.0.1")), /E401|ENEEDAUTH/);
    token = z.object({ token: z.string() }).parse(await answer.json()).token;
    assert.match(await npmHere(["publish"], published("1.0.0")), /\+ harbour-parcel@1\.0\.0/);
    assert.equal(await runs("1.0.0", "first"), "parcel 1.0.0");
    const document = await page("/harbour-parcel");
    assert.match(
      document,
      new RegExp(`"tarball": "${address.href}harbour-parcel/-/`),
      "it knows its own address",
    );
  });

  it("changes a setting while it is read: no failed request, nothing lost", async (context) => {
    const answered = await whileRead(async () => {
      const changed = await call(data, ["app", "set", "registry", "title=The quay"]);
      assert.match(changed.stdout, /release 2: 1\/1 ready/);
    });
    context.diagnostic(`${answered} requests answered`);
    assert.match(await page("/"), /<title>The quay<\/title>/);
    assert.equal(await runs("1.0.0", "after-setting"), "parcel 1.0.0");
  });

  it("is upgraded while it is read, and rolled back: no failed request, nothing lost", async (context) => {
    const version = async () =>
      (
        await call(data, [
          "exec",
          "registry",
          "--",
          "node",
          "node_modules/verdaccio/bin/verdaccio",
          "--version",
        ])
      ).stdout;
    assert.match(await version(), new RegExp(`v?${older}\n$`));
    await upgrade;
    writeVersion(source, "2.0.0", `pkg:npm/verdaccio@${newer}`);
    await call(data, ["package", "build", source, "-o", file("2.0.0")]);
    const upgraded = await whileRead(async () => {
      const words = ["deploy", file("2.0.0"), "--name", "registry"];
      assert.match((await call(data, words)).stdout, /release 3: 1\/1 ready/);
    });
    assert.match(await version(), new RegExp(`v?${newer}\n$`));
    assert.match(await npmHere(["publish"], published("1.1.0")), /\+ harbour-parcel@1\.1\.0/);

    const back = await whileRead(async () => {
      assert.match((await call(data, ["rollback", "registry"])).stdout, /release 4: 1\/1 ready/);
    });
    context.diagnostic(`${upgraded} requests answered during the upgrade, ${back} during the way back`);
    assert.match(await version(), new RegExp(`v?${older}\n$`));
    assert.match(await page("/"), /<title>The quay<\/title>/);
    assert.equal(await runs("1.0.0", "at-the-end"), "parcel 1.0.0");
    assert.equal(await runs("1.1.0", "at-the-end"), "parcel 1.1.0");
  });

  it("shows its log and its protections, and a command beside it cannot harm it", async () => {
    assert.match(
      (await call(data, ["logs", "registry", "--search", "harbour-parcel"])).stdout,
      /"status":20[01]/,
    );
    const write = await call(data, ["exec", "registry", "--", "touch", "/app/new"], 1);
    assert.match(write.stderr, /Read-only file system/);
    const limit = await memoryLimitOf(data, "registry");
    assert.match(limit, /^384 MiB/);
    if (limit.includes("control group")) {
      const greedy = "const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 24, 1))";
      await call(data, ["exec", "registry", "--", "node", "-e", greedy], 137);
    }
    assert.match((await call(data, ["top", "registry"])).stdout, / ready .* 0 *$/m, "no restart");
  });

  it("is removed with its data when that is said", async () => {
    await call(data, ["remove", "registry", "--delete-volumes", "--yes"]);
    assert.doesNotMatch((await call(data, ["get", "volumes", "-p", "default"])).stdout, /registry/);
  });
});
