import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appSpecSchema } from "#api/kinds/app.ts";
import { manifestSchema, settingSchema } from "#api/manifest.ts";
import { checkValue } from "#api/setting-value.ts";
import { checkSettings } from "./check.ts";
import { generatedSecrets, resolveSetting } from "./resolve.ts";

const manifest = manifestSchema.parse({
  apiVersion: "vdc.app/v1",
  id: "org.example.news",
  version: "1.0.0",
  name: "News",
  settings: {
    title: { type: "string", required: true, maxLength: 10, pattern: "[A-Z].*" },
    copies: { type: "integer", minimum: 1, maximum: 5, default: 2 },
    colour: { type: "enum", choices: [{ value: "red" }, { value: "blue" }] },
    open: { type: "boolean" },
    mail: { type: "email" },
    site: { type: "url" },
    adminPassword: { type: "string", secret: true, generate: { length: 24 } },
    token: { type: "string", secret: true, required: true },
  },
});
const spec = (settings: Record<string, unknown>) => appSpecSchema.parse({ package: "news", settings });
const token = { secret: "news-token" };
const problems = (settings: Record<string, unknown>) =>
  checkSettings(manifest, spec(settings)).map(({ path, message }) => `${path} ${message}`);

describe("the check of an app's settings", () => {
  it("takes values of the right type, form and size", () => {
    const good = {
      title: "Abc",
      copies: 5,
      colour: "red",
      open: false,
      mail: "a@b.example",
      site: "https://x.example/",
      token,
    };
    assert.deepEqual(problems(good), []);
    assert.deepEqual(problems({ title: "A", token }), []);
  });

  it("names every field that is wrong, and the setting that was probably meant", () => {
    assert.deepEqual(problems({ titel: "A" }), [
      "spec.settings.titel the package has no such setting; did you mean title?",
      "spec.settings.title is required",
      "spec.settings.token is required",
    ]);
    const bad = [
      [{ title: "abc" }, "must match [A-Z].*"],
      [{ title: "Abcdefghijkl" }, "must have at most 10 characters"],
      [{ title: "A\nb" }, "must be one line"],
      [{ title: 4 }, "must be a text"],
      [{ copies: 1.5 }, "must be a whole number"],
      [{ copies: 6 }, "must be at most 5"],
      [{ copies: "2" }, "must be a number"],
      [{ colour: "green" }, "must be one of red, blue"],
      [{ open: "yes" }, "must be true or false"],
      [{ mail: "nobody" }, "must be an e-mail address"],
      [{ site: "javascript:alert(1)" }, "must be a URL with http or https"],
      [{ title: { secret: "x" } }, "is not a secret: give the value itself"],
    ] as const;
    for (const [settings, message] of bad) {
      const [name = ""] = Object.keys(settings);
      assert.deepEqual(problems({ title: "A", token, ...settings }), [`spec.settings.${name} ${message}`]);
    }
  });

  it("refuses a secret's value in the spec, where everybody of the project could read it", () => {
    const [found = ""] = problems({ title: "A", token, adminPassword: "hunter2" });
    assert.match(found, /^spec\.settings\.adminPassword is kept as a secret/);
    assert.ok(!found.includes("hunter2"));
  });

  it("gives up on a package's pattern that would never come to an end, and on those after it", () => {
    const pattern = "(a+)+b";
    const slow = manifestSchema.parse({
      apiVersion: "vdc.app/v1",
      id: "org.example.slow",
      version: "1.0.0",
      name: "Slow",
      settings: Object.fromEntries(
        ["one", "two", "three"].map((name) => [name, { type: "string", pattern }] as const),
      ),
    });
    const value = "a".repeat(60);
    const found = checkSettings(slow, spec({ one: value, two: value, three: "ab" }));
    assert.deepEqual(
      found.map(({ path }) => path),
      ["spec.settings.one", "spec.settings.two", "spec.settings.three"],
    );
    for (const { message } of found) assert.match(message, /takes too long/);
    assert.deepEqual(checkSettings(slow, spec({ one: "aaab" })), []);
  });

  it("refuses a zero byte, which would end a variable early", () => {
    assert.equal(checkValue(settingSchema.parse({ type: "text" }), "a\0b"), "must not hold a zero byte");
  });
});

it("the addresses that a package shows are of the web, never scripts", () => {
  const plain = { apiVersion: "vdc.app/v1", id: "org.example.news", version: "1.0.0", name: "News" };
  const isGood = (fields: object) => manifestSchema.safeParse({ ...plain, ...fields }).success;
  assert.ok(isGood({ homepage: "https://news.example/", vendor: { name: "N", url: "http://n.example" } }));
  assert.ok(!isGood({ homepage: "javascript:alert(1)" }));
  assert.ok(!isGood({ vendor: { name: "N", url: "data:text/html,x" } }));
});

describe("what a setting is worth", () => {
  it("is what the user gave, else what is made up, else the package's default", () => {
    const of = (name: string, settings: Record<string, unknown>) => {
      const setting = manifest.settings[name];
      assert.ok(setting !== undefined);
      return resolveSetting("news", name, setting, spec(settings));
    };
    assert.deepEqual(of("copies", { copies: 3 }), { kind: "value", value: 3 });
    assert.deepEqual(of("copies", {}), { kind: "value", value: 2 });
    assert.deepEqual(of("open", {}), { kind: "absent" });
    assert.deepEqual(of("adminPassword", {}), { kind: "secret", name: "news-admin-password" });
    assert.deepEqual(of("token", { token: { secret: "t", version: 2 } }), {
      kind: "secret",
      name: "t",
      version: 2,
    });
  });

  it("is made up once for each secret setting that has a length and no value", () => {
    assert.deepEqual(generatedSecrets("news", manifest, spec({})), [
      { setting: "adminPassword", name: "news-admin-password", length: 24 },
    ]);
    assert.deepEqual(generatedSecrets("news", manifest, spec({ adminPassword: { secret: "mine" } })), []);
  });
});
