import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appSpecSchema, type AppSpec } from "#api/kinds/app.ts";
import { packageSpecSchema } from "#api/kinds/package.ts";
import { releaseSpecSchema } from "#api/kinds/release.ts";
import type { Id } from "#lib/ids.ts";
import type { App, Package, Release, Secret, Volume } from "../observed.ts";
import { checkApp } from "./check.ts";
import type { PreviewFacts } from "./facts.ts";
import { previewApp } from "./preview.ts";

const at = "2026-01-01T00:00:00.000Z";
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

function meta(kind: string, name: string) {
  const id = `res_${kind}_${name}` as Id<"resource">; // only compared
  return {
    kind,
    project: "shop",
    name,
    id,
    generation: 1,
    revision: 1,
    labels: {},
    createdAt: at,
    updatedAt: at,
  };
}

function packageOf(version: string, more: Record<string, unknown> = {}): Package {
  const spec = packageSpecSchema.parse({
    digest: digest(version.slice(0, 1)),
    sizeBytes: 1,
    manifest: {
      apiVersion: "vdc.app/v1",
      id: "org.example.news",
      version,
      name: "News",
      settings: { title: { type: "string", default: "News" } },
      routes: { web: { component: "web" } },
      ...more,
    },
    components: [
      {
        name: "web",
        engines: ["process"],
        runtime: { name: "node", range: "*" },
        command: ["node"],
        port: 0,
        listens: true,
        replicas: 2,
        volumes: [{ name: "data", path: "/data" }],
      },
    ],
  });
  return { ...meta("package", `news-${version}`), spec, status: { phase: "available" } };
}

function specOf(change: Record<string, unknown> = {}): AppSpec {
  return appSpecSchema.parse({ package: "news-1.0.0".replaceAll(".", "-"), ...change });
}

function releaseOf(version: string, spec: AppSpec): Release {
  const release = {
    app: "news",
    number: 1,
    package: spec.package,
    packageDigest: digest(version.slice(0, 1)),
  };
  const rest = { version, appSpec: spec, appGeneration: 1, difference: [], by: "ada" };
  return {
    ...meta("release", "news-1"),
    spec: releaseSpecSchema.parse({ ...release, ...rest }),
    status: { phase: "serving" },
  };
}

function factsOf(change: Partial<PreviewFacts> = {}): PreviewFacts {
  const none = new Map<string, never>();
  return {
    name: "news",
    project: "shop",
    spec: specOf(),
    package: packageOf("1.0.0"),
    releases: [],
    volumes: none,
    secrets: none,
    ...change,
  };
}

function standing(spec: AppSpec): Pick<PreviewFacts, "app" | "releases" | "serving"> {
  const app: App = { ...meta("app", "news"), spec, status: { phase: "ready" } };
  const release = releaseOf("1.0.0", spec);
  return { app, releases: [release], serving: release };
}

describe("the preview of an apply", () => {
  it("tells what an install does, and what the user should know", () => {
    const volume: Volume = { ...meta("volume", "news-data"), spec: { description: "" }, status: {} };
    const plan = previewApp(factsOf());
    assert.equal(plan.outcome, "install");
    assert.equal(plan.release, 1);
    assert.deepEqual(plan.steps, [
      "Release 1 is made: package news-1.0.0, version 1.0.0.",
      "Volume news-data is made.",
      "2 instances of component web start.",
    ]);
    assert.deepEqual(plan.warnings, ["Package news-1.0.0 is not signed by a key that you trust."]);
    assert.deepEqual(plan.problems, []);
    const url = (host: string, path: string) => `http://${host}:8080${path}`;
    assert.deepEqual(previewApp(factsOf({ domain: "localhost", url })).urls, [
      "http://news-shop.localhost:8080/",
    ]);
    const named = specOf({ hosts: { web: ["news.example"] } });
    assert.deepEqual(previewApp(factsOf({ domain: "localhost", url, spec: named })).urls, [
      "http://news.example:8080/",
    ]);
    const again = previewApp(factsOf({ volumes: new Map([["news-data", volume]]) }));
    assert.ok(again.warnings.some((warning) => warning.startsWith("Volume news-data is there already")));
  });

  it("tells a release from scaling, from other settings, and from nothing", () => {
    const before = specOf();
    const outcome = (spec: AppSpec) => previewApp(factsOf({ ...standing(before), spec })).outcome;
    assert.equal(outcome(before), "nothing");
    assert.equal(outcome(specOf({ components: { web: { replicas: 3 } } })), "scale");
    assert.equal(outcome(specOf({ title: "Paper" })), "settings");
    assert.equal(outcome(specOf({ settings: { title: "Paper" } })), "release");
    const scaled = previewApp(
      factsOf({ ...standing(before), spec: specOf({ components: { web: { replicas: 1 } } }) }),
    );
    assert.deepEqual(scaled.steps, ["Component web goes from 2 to 1 instance."]);
    assert.deepEqual(scaled.difference, [{ op: "add", path: "spec.components.web", after: { replicas: 1 } }]);
  });

  it("warns of a rollout during which nothing is ready, and of an older version", () => {
    const spec = specOf({ settings: { title: "Paper" }, rollout: { strategy: "all-at-once" } });
    const { warnings } = previewApp(factsOf({ ...standing(specOf()), spec }));
    assert.ok(warnings.some((warning) => warning.includes("requests wait at the gateway")));
    const older = previewApp(factsOf({ ...standing(specOf()), package: packageOf("0.9.0") }));
    assert.ok(older.warnings.some((warning) => warning.startsWith("Version 0.9.0 is older than 1.0.0")));
  });
});

describe("the check of an app's spec", () => {
  const paths = (change: Partial<PreviewFacts>) => checkApp(factsOf(change)).map(({ path }) => path);

  it("names the field of everything that is missing or wrong", () => {
    const { package: _, ...without } = factsOf();
    assert.deepEqual(
      checkApp(without).map(({ path }) => path),
      ["spec.package"],
    );
    assert.deepEqual(paths({ name: "n".repeat(41) }), ["name"]);
    assert.deepEqual(paths({ spec: specOf({ settings: { colour: "red" } }) }), ["spec.settings.colour"]);
    assert.deepEqual(paths({ spec: specOf({ components: { db: { replicas: 1 } } }) }), [
      "spec.components.db",
    ]);
    assert.deepEqual(paths({ spec: specOf({ hosts: { shop: ["a.example"] } }) }), ["spec.hosts.shop"]);
    assert.deepEqual(paths({ spec: specOf({ hosts: { web: ["A example"] } }) }), ["spec.hosts.web[0]"]);
    assert.deepEqual(paths({ spec: specOf({ requires: { other: { use: "x" } } }) }), ["spec.requires.other"]);
  });

  it("asks for a licence that has to be accepted", () => {
    const licensed = packageOf("1.0.0", { licence: { spdx: "EUPL-1.2", mustAccept: true } });
    assert.deepEqual(paths({ package: licensed }), ["spec.licence"]);
    assert.deepEqual(paths({ package: licensed, spec: specOf({ licence: "EUPL-1.2" }) }), []);
  });

  it("refuses an upgrade from a version that the package does not upgrade, and lets a rollback pass", () => {
    const next = packageOf("3.0.0", { upgradeFrom: ">=2.0.0" });
    const facts = { ...standing(specOf()), package: next };
    assert.deepEqual(paths(facts), ["spec.package"]);
    const [repeats] = facts.releases;
    assert.ok(repeats !== undefined);
    assert.deepEqual(paths({ ...facts, repeats }), []);
  });

  it("refuses a host that another route has, at the same path", () => {
    const taken = { hostsTaken: new Map([["news-shop.localhost /", "route other"]]), domain: "localhost" };
    assert.deepEqual(paths(taken), ["spec.hosts.web"]);
    const elsewhere = {
      hostsTaken: new Map([["news-shop.localhost /api", "route other"]]),
      domain: "localhost",
    };
    assert.deepEqual(paths(elsewhere), []);
  });

  it("refuses secrets that are missing, empty, or have no such version", () => {
    const secret = (version?: number): Secret => ({
      ...meta("secret", "desk"),
      spec: { description: "" },
      status: version === undefined ? {} : { version },
    });
    const locked = packageOf("1.0.0", { settings: { password: { type: "string", secret: true } } });
    const spec = specOf({ settings: { password: { secret: "desk", version: 2 } } });
    const of = (secrets: readonly Secret[]) =>
      paths({ package: locked, spec, secrets: new Map(secrets.map((one) => [one.name, one])) });
    assert.deepEqual(of([]), ["spec.settings.password"]);
    assert.deepEqual(of([secret()]), ["spec.settings.password"]);
    assert.deepEqual(of([secret(1)]), ["spec.settings.password"]);
    assert.deepEqual(of([secret(2)]), []);
  });

  it("names a requirement that nothing satisfies, and the alternatives that there are", () => {
    const needs = packageOf("1.0.0", {
      requires: {
        store: {
          type: "secret",
          anyOf: [
            { name: "key", type: "secret" },
            { name: "bus", type: "app" },
          ],
        },
      },
    });
    assert.deepEqual(paths({ package: needs }), ["spec.requires.store"]);
    const wrong = checkApp(
      factsOf({ package: needs, spec: specOf({ requires: { store: { use: "x", as: "disk" } } }) }),
    );
    assert.deepEqual(wrong, [{ path: "spec.requires.store.as", message: "must be one of key, bus" }]);
    const bus = { package: needs, spec: specOf({ requires: { store: { use: "queue", as: "bus" } } }) };
    assert.deepEqual(paths({ ...bus, apps: new Set(["queue"]) }), []);
    assert.deepEqual(paths({ ...bus, apps: new Set<string>() }), ["spec.requires.store.use"]);
  });

  it("says which engine could run what cannot run here", () => {
    const placements = new Map([
      ["web", { can: false, reason: "engine vm could run it and is not here" } as const],
    ]);
    const [found] = checkApp(factsOf({ placements }));
    assert.match(found?.message ?? "", /component web cannot run here: engine vm/);
  });
});
