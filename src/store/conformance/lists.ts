import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFieldSelector, parseLabelSelector } from "#api/selectors.ts";
import type { ListQuery, Store } from "../store.ts";
import { by, gadget, project, put, refused, watched, widget, widgetSpec, type OpenEngine } from "./engine.ts";

export function listConformance(open: OpenEngine): void {
  test("pages give every resource once, in the order of project and name", async () => {
    await using engine = await open();
    const { store } = engine;
    for (const name of ["shop", "a-shop", "b"]) await put(store, project(name));
    const keys = ["shop", "b", "a-shop"].flatMap((within) =>
      ["z", "a-b", "a", "a0", "b"].map((name) => widget(name, within)),
    );
    await Promise.all(keys.map((key) => put(store, key)));
    await put(store, gadget("other"));
    const names = await allNames(store, { kind: "widget", limit: 4 });
    const wanted = ["a-shop", "b", "shop"].flatMap((within) =>
      ["a", "a-b", "a0", "b", "z"].map((name) => `${within}/${name}`),
    );
    assert.deepEqual(names, wanted);
    assert.deepEqual(
      (await allNames(store, { kind: "widget", limit: 1000, projects: ["b", "shop"] })).length,
      10,
    );
    assert.deepEqual(await allNames(store, { kind: "widget", limit: 9, projects: [] }), []);
    assert.deepEqual(await allNames(store, { kind: "project", limit: 2, names: ["b", "shop", "none"] }), [
      "/b",
      "/shop",
    ]);
  });

  test("pages all carry the first page's revision, from which a watch misses nothing", async () => {
    await using engine = await open();
    const { store } = engine;
    for (const name of ["a", "b", "c"]) await put(store, project(name));
    const first = await store.resources.list({ kind: "project", limit: 2 });
    assert.equal(first.revision, (await store.feed.head()).revision);
    await put(store, project("aa"));
    assert.ok(first.continue !== undefined);
    const second = await store.resources.list({ kind: "project", limit: 2, continue: first.continue });
    assert.equal(second.revision, first.revision);
    assert.deepEqual(
      second.items.map(({ name }) => name),
      ["c"],
    );
    const { changes } = await watched(store, { kinds: ["project"], since: second.revision });
    assert.deepEqual(
      changes.map(({ name }) => name),
      ["aa"],
    );
  });

  test("a broken or foreign continue token is invalid", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("a"));
    await put(store, project("b"));
    const page = await store.resources.list({ kind: "project", limit: 1 });
    const token = page.continue ?? "";
    for (const broken of [
      "",
      "x",
      token.slice(1),
      `${token}A`.repeat(40),
      Buffer.from("{}").toString("base64url"),
    ]) {
      const error = await refused(
        store.resources.list({ kind: "project", limit: 1, continue: broken }),
        "invalid",
      );
      assert.equal(error.fields[0]?.path, "continue");
    }
    await refused(store.resources.list({ kind: "machine", limit: 1, continue: token }), "invalid");
  });

  selecting(open);
}

function selecting(open: OpenEngine): void {
  test("selectors on labels and fields choose the same as reading each resource would", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const label = (name: string, labels: Record<string, string>, spec = {}) =>
      store.resources.apply({ ...widget(name), labels, spec: widgetSpec(spec) }, { by });
    await label(
      "a",
      { tier: "gold", zone: "1" },
      { instances: 1, settings: { deep: { on: true }, list: [{ x: "y" }] } },
    );
    await label("b", { tier: "silver" }, { instances: 10, settings: { tiny: 1e-7, text: "1" } });
    await label(
      "c",
      { "odd/key": "" },
      { title: "null", settings: { nothing: null, list: { "0": { x: "y" } } } },
    );
    await store.resources.setStatus(widget("c"), { phase: "ready" }, { by });
    const expected: readonly (readonly ["label" | "field", string, string])[] = [
      ["label", "tier=gold", "a"],
      ["label", "tier", "ab"],
      ["label", "!tier", "c"],
      ["label", "tier!=gold", "bc"],
      ["label", "tier in (gold,silver),zone notin (1)", "b"],
      ["label", "odd/key=", "c"],
      ["field", "spec.instances=1", "a"],
      ["field", "spec.instances!=1", "bc"],
      ["field", "spec.settings.deep.on=true", "a"],
      ["field", "spec.settings.deep=[object Object]", ""],
      ["field", "spec.settings.list.0.x=y", "c"],
      ["field", "spec.settings.tiny=1e-7", "b"],
      ["field", "spec.settings.text=1", "b"],
      ["field", "spec.settings.nothing=null", ""],
      ["field", "spec.settings.nothing!=null", "abc"],
      ["field", "spec.title=null,status.phase=ready", "c"],
      ["field", "name=b", "b"],
      ["field", "project=shop,name!=b", "ac"],
      ["field", "deletingSince!=x", "abc"],
    ];
    for (const [on, text, names] of expected) {
      const selector = on === "label" ? parseLabelSelector(text) : parseFieldSelector(text);
      const { items } = await store.resources.list({ kind: "widget", limit: 10, selector });
      assert.equal(items.map(({ name }) => name).join(""), names, text);
    }
  });
}

async function allNames(store: Store, query: ListQuery): Promise<string[]> {
  const names: string[] = [];
  let page = await store.resources.list(query);
  for (;;) {
    names.push(...page.items.map((item) => `${item.project ?? ""}/${item.name}`));
    if (page.continue === undefined) return names;
    assert.ok(page.items.length <= query.limit);
    page = await store.resources.list({ ...query, continue: page.continue });
  }
}
