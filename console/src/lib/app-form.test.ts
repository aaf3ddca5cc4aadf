import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appSpecSchema } from "#api/kinds/app.ts";
import { packageKind, packageSpecSchema } from "#api/kinds/package.ts";
import type { Id } from "#lib/ids.ts";
import type { Package } from "#console/data/app-queries.ts";
import {
  appFormPath,
  appFormProblems,
  formOfApp,
  hostsOfText,
  mergeAppForms,
  specOfForm,
  type AppForm,
} from "./app-form.ts";

const at = "2026-01-01T00:00:00.000Z";
const of: Package = {
  kind: packageKind.kind,
  project: "shop",
  name: "news-1-0-0",
  id: "res_1" as Id<"resource">, // only compared
  generation: 1,
  revision: 1,
  labels: {},
  createdAt: at,
  updatedAt: at,
  status: {},
  spec: packageSpecSchema.parse({
    digest: `sha256:${"a".repeat(64)}`,
    sizeBytes: 1,
    manifest: {
      apiVersion: "vdc.app/v1",
      id: "org.example.news",
      version: "1.0.0",
      name: "News",
      licence: { spdx: "MIT", mustAccept: true },
      settings: {
        title: { type: "string", default: "Courier", maxLength: 10, minLength: 1 },
        copies: { type: "integer", minimum: 1, maximum: 5, default: 2 },
        open: { type: "boolean" },
        adminPassword: { type: "string", secret: true, generate: {}, minLength: 8 },
        token: { type: "string", secret: true, required: true },
      },
      requires: { data: { type: "volume" } },
      routes: { site: { component: "web" } },
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
      },
    ],
  }),
};

function formWith(change: Partial<AppForm> = {}): AppForm {
  const form = formOfApp(of);
  return {
    ...form,
    name: "news",
    licence: true,
    ...change,
    settings: { ...form.settings, token: "t0ken", ...change.settings },
  };
}

describe("the form of an app", () => {
  it("asks for nothing that the package proposes itself", () => {
    const { spec, typed } = specOfForm(formWith(), of);
    assert.deepEqual(spec, { ...appSpecSchema.parse({ package: "news-1-0-0" }), licence: "MIT" });
    assert.deepEqual(typed, [{ setting: "token", secret: "news-token", value: "t0ken" }]);
  });

  it("gives values their types, names volumes and hosts, and counts copies", () => {
    const { spec } = specOfForm(
      formWith({
        settings: { title: "Ledger", copies: " 3", open: "true" },
        hosts: { site: "a.example, b.example" },
        requires: { data: { as: "", use: "old-data" } },
        replicas: { web: "4" },
      }),
      of,
    );
    assert.deepEqual(spec.settings, { title: "Ledger", copies: 3, open: true });
    assert.deepEqual(spec.hosts, { site: ["a.example", "b.example"] });
    assert.deepEqual(spec.requires, { data: { use: "old-data" } });
    assert.deepEqual(spec.components, { web: { replicas: 4 } });
  });

  it("keeps what it has no field for, keeps secrets that nobody typed anew, and forgets what was rolled back", () => {
    const base = appSpecSchema.parse({
      package: "news-1-0-0",
      settings: { token: { secret: "their-token", version: 3 } },
      components: { web: { memoryBytes: 33_554_432 } },
      rollout: { strategy: "canary" },
      rollbackOf: 4,
      licence: "MIT",
    });
    const form = formOfApp(of, { name: "news", spec: base });
    assert.deepEqual(appFormProblems(form, of, base.settings), []);
    const { rollbackOf: _, ...kept } = base;
    assert.deepEqual(specOfForm(form, of, base), { spec: kept, typed: [] });
    const anew = specOfForm({ ...form, settings: { ...form.settings, token: "new" } }, of, base);
    assert.deepEqual(anew.typed, [{ setting: "token", secret: "their-token", value: "new" }]);
  });

  it("finds what the server would find, at the field where it is", () => {
    const wrong = formWith({
      name: "No name",
      settings: { title: "", copies: "many", adminPassword: "short", token: "" },
      hosts: { site: "UPPER.example" },
      replicas: { web: "-1" },
      licence: false,
    });
    assert.deepEqual(
      appFormProblems(wrong, of)
        .map(({ path, message }) => `${path} ${message}`)
        .slice(1),
      [
        "settings.title must have at least 1 characters",
        "settings.copies must be a number",
        "settings.adminPassword must have at least 8 characters",
        "settings.token is required",
        "hosts.site use host names in lower case, such as news.example.org",
        "replicas.web write a number from 0 to 64",
        "licence the package demands that you accept its licence",
      ],
    );
    assert.equal(appFormProblems(wrong, of)[0]?.path, "name");
  });

  it("puts what was typed on top of somebody else's change", () => {
    const base = formWith();
    const mine = formWith({ settings: { title: "Mine" } });
    const theirs = formWith({ settings: { title: "Theirs", copies: "4" }, title: "Paper" });
    const merged = mergeAppForms(base, mine, theirs);
    assert.equal(merged.settings["title"], "Mine");
    assert.equal(merged.settings["copies"], "4");
    assert.equal(merged.title, "Paper");
  });

  it("knows the field that a path of the API means", () => {
    assert.equal(appFormPath("spec.hosts.site[0]"), "hosts.site");
    assert.equal(appFormPath("spec.settings.title"), "settings.title");
    assert.equal(appFormPath("spec.components.web.replicas"), "replicas.web");
    assert.equal(appFormPath("spec.requires.data.use"), "requires.data");
    assert.deepEqual(hostsOfText(" a.example,b.example  c.example "), [
      "a.example",
      "b.example",
      "c.example",
    ]);
  });
});
