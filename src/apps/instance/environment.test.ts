import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appSpecSchema } from "#api/kinds/app.ts";
import { componentSchema, manifestSchema } from "#api/manifest.ts";
import { componentEnvironment, type EnvironmentInput } from "./environment.ts";

const manifest = manifestSchema.parse({
  apiVersion: "vdc.app/v1",
  id: "org.example.news",
  version: "1.0.0",
  name: "News",
  settings: {
    title: { type: "string", environment: "TITLE" },
    password: { type: "string", secret: true, file: "password" },
    empty: { type: "string" },
  },
  requires: { store: { type: "secret" } },
});
const component = componentSchema.parse({
  name: "web",
  engines: ["process"],
  runtime: { name: "node", range: "*" },
  command: ["node"],
  port: 0,
  listens: true,
  environment: {
    GREETING: "hello ${settings.title}",
    EMPTY: "<${settings.empty}>",
    STORE: "${requires.store}",
    SHELL_LIKE: "$HOME ${HOME}",
    PORT: "1",
    MODE: "package",
  },
});
const input: EnvironmentInput = {
  component,
  manifest,
  settings: new Map([
    ["title", "The ${settings.password} news"],
    ["password", "geheim"],
  ]),
  requires: new Map([["store", "s3"]]),
  buckets: { S3_BUCKET_PICTURES: "shop-news-pictures", MODE: "bucket" },
  spec: appSpecSchema.parse({
    package: "news",
    components: { web: { environment: { MODE: "user", VDC_APP: "forged" } } },
  }),
  identity: { project: "shop", app: "news", component: "web", instance: "news-web-1-abcde", release: 1 },
  address: "127.0.0.1",
  port: 4_000,
  url: "http://news.localhost/",
};

describe("the environment of a component", () => {
  it("has the package's variables with settings in them, the settings, the user's, and ours above all", () => {
    const { environment, secretFiles } = componentEnvironment(input);
    assert.deepEqual(environment, {
      S3_BUCKET_PICTURES: "shop-news-pictures",
      GREETING: "hello The ${settings.password} news",
      EMPTY: "<>",
      STORE: "s3",
      SHELL_LIKE: "$HOME ${HOME}",
      TITLE: "The ${settings.password} news",
      MODE: "user",
      PORT: "4000",
      HOST: "127.0.0.1",
      VDC_PROJECT: "shop",
      VDC_APP: "news",
      VDC_COMPONENT: "web",
      VDC_INSTANCE: "news-web-1-abcde",
      VDC_RELEASE: "1",
      VDC_URL: "http://news.localhost/",
    });
    assert.deepEqual(secretFiles, { password: "geheim" });
  });

  it("does not read a setting's value as a template, so that a user cannot reach secrets of the package", () => {
    const { environment } = componentEnvironment(input);
    assert.ok(!JSON.stringify(environment).includes("geheim"));
  });

  it("refuses a variable that names a setting which the package does not have", () => {
    const wrong = { ...component, environment: { X: "${settings.titel}" } };
    assert.throws(() => componentEnvironment({ ...input, component: wrong }), { code: "invalid" });
  });
});
