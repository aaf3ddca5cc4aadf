import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { projectKind } from "#api/kinds/project.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";

let center: TestDataCenter;
let cli: CliWorld;
before(async () => {
  center = await startDataCenter({ kinds: [widgetKind, gadgetKind] });
  cli = cliWorld({ socketPath: center.socketPath, kinds: [widgetKind, gadgetKind] });
});
after(async () => {
  cli[Symbol.dispose]();
  await center.stop();
});

const document = (name: string, title = "Shop") =>
  `kind: project\nname: ${name}\nlabels: { team: web }\nspec: { title: ${JSON.stringify(title)} }\n`;

test("apply says created, then unchanged, then which number of fields changed", async () => {
  const first = await cli.call(["apply", "-f", "-"], { stdin: document("applied") });
  assert.deepEqual(first, { status: 0, stdout: "project/applied created\n", stderr: "" });
  const second = await cli.call(["apply", "-f", "-"], { stdin: document("applied") });
  assert.equal(second.stdout, "project/applied unchanged\n");
  assert.equal(second.status, 0);
  const third = await cli.call(["apply", "-f", "-"], { stdin: document("applied", "Store") });
  assert.equal(third.stdout, "project/applied changed (1 field)\n");
});

test("diff exits 0 for no difference, 1 for one, and 2 or more for an error", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("compared") });
  const same = await cli.call(["diff", "-f", "-"], { stdin: document("compared") });
  assert.deepEqual(same, { status: 0, stdout: "", stderr: "" });
  const other = await cli.call(["diff", "-f", "-"], { stdin: document("compared", "Store") });
  assert.equal(other.status, 1);
  assert.match(other.stdout, /^- spec\.title: "Shop"\n\+ spec\.title: "Store"$/m);
  const wrong = await cli.call(["diff", "-f", "-"], {
    stdin: "kind: project\nname: compared\nspec: { titel: x }\n",
  });
  assert.equal(wrong.status, 2);
  const lost = await cli.call(["diff", "-f", "-", "--data", join(cli.home, "nowhere")], {
    stdin: document("compared"),
  });
  assert.equal(lost.status, 7);
});

test("diff and a dry run of a project and what lives in it answer before the project is there", async () => {
  const stdin = `kind: widget\nproject: coming\nname: lamp\nspec: { title: Lamp }\n---\n${document("coming")}`;
  const diff = await cli.call(["diff", "-f", "-"], { stdin });
  assert.equal(diff.status, 1, diff.stderr);
  assert.match(diff.stdout, /^\+\+\+ widget\/coming\/lamp \(stdin:1\)$/m);
  const dry = await cli.call(["apply", "--dry-run", "-f", "-"], { stdin });
  assert.match(dry.stdout, /^project\/coming created \(dry run\)$/m);
  assert.equal((await cli.call(["get", "project", "coming"])).status, 4);
  const real = await cli.call(["apply", "-f", "-"], { stdin });
  assert.equal(real.stdout, "project/coming created\nwidget/coming/lamp created\n");
});

test("one wrong document refuses all of them, with file, line and the field that was meant", async () => {
  const folder = join(cli.home, "documents");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "a.yaml"), document("first-of-two"));
  writeFileSync(
    join(folder, "b.yaml"),
    "kind: project\nname: second\nspec:\n  members:\n    - user: ada\n      rol: admin\n",
  );
  const result = await cli.call(["apply", "-f", "documents"]);
  assert.equal(result.status, 2);
  assert.equal(result.stdout, "");
  assert.match(
    result.stderr,
    /documents\/b\.yaml:6: spec\.members\[0\]\.rol: unknown field; did you mean 'role'\?/,
  );
  assert.equal((await cli.call(["get", "project", "first-of-two"])).status, 4);
});

test("apply stops at the first refusal and says what was and what was not applied", async () => {
  const names = ["stop-a", "stop-b", "stop-c"];
  const stdin = names.map((name) => `kind: widget\nproject: ${name}\nname: lamp\nspec: {}\n`).join("---\n");
  await cli.call(["apply", "-f", "-"], { stdin: `${document("stop-a")}---\n${document("stop-c")}` });
  const result = await cli.call(["apply", "-f", "-"], { stdin });
  assert.equal(result.stdout, "widget/stop-a/lamp created\n");
  assert.match(
    result.stderr,
    /^applied 1 of 3\nrefused: widget\/stop-b\/lamp \(stdin:6\)\nnot tried: widget\/stop-c\/lamp\n/,
  );
  assert.equal(result.status, 4);
});

test("the output of get --yaml can be applied again and changes nothing", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("round") });
  const shown = await cli.call(["get", "project", "round", "--yaml"]);
  const again = await cli.call(["apply", "-f", "-"], { stdin: shown.stdout });
  assert.equal(again.stdout, "project/round unchanged\n", again.stderr);
  const list = await cli.call(["get", "projects", "--json"]);
  const all = await cli.call(["apply", "-f", "-"], { stdin: list.stdout });
  assert.equal(all.status, 0, all.stderr);
  assert.ok(
    all.stdout
      .split("\n")
      .filter(Boolean)
      .every((line) => line.endsWith(" unchanged")),
  );
});

test("a stale --if-revision is refused with the status of a conflict", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("guarded") });
  const stale = await cli.call(["apply", "-f", "-", "--if-revision", "1"], {
    stdin: document("guarded", "New"),
  });
  assert.equal(stale.status, 5);
  const absent = await cli.call(["apply", "-f", "-", "--if-revision", "absent"], {
    stdin: document("guarded", "New"),
  });
  assert.equal(absent.status, 5, absent.stdout);
});

test("patch changes the named fields and shows them", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("patched") });
  const result = await cli.call([
    "patch",
    "project/patched",
    "--patch",
    '{"spec":{"title":"New"},"labels":{"team":null}}',
  ]);
  assert.equal(result.status, 0, result.stderr);
  assert.match(result.stdout, /^project\/patched changed \(2 fields\)\n/);
  assert.match(result.stdout, /^ {2}- labels\.team: "web"$/m);
});

test("a list of more than two pages comes whole, and --limit cuts it and says so", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("many") });
  const names = Array.from({ length: 1203 }, (_, at) => `w-${at}`);
  const rest = names.values();
  const applyRest = async () => {
    for (const name of rest) await center.local.apply(widgetKind, { project: "many", name, spec: {} });
  };
  await Promise.all(Array.from({ length: 32 }, applyRest));
  const listed = await cli.call(["get", "widgets", "-p", "many", "-o", "name"]);
  assert.equal(new Set(listed.stdout.trim().split("\n")).size, 1203);
  const cut = await cli.call(["get", "wdg", "-p", "many", "--limit", "700", "-o", "name"]);
  assert.equal(cut.stdout.trim().split("\n").length, 700);
  assert.match(cut.stderr, /more than the 700 widgets shown/);
});

test("resources of all projects are listed with their project", async () => {
  const stdin = ["east", "west"].map(
    (name) => `${document(name)}---\nkind: gadget\nproject: ${name}\nname: drill\nspec: {}\n`,
  );
  await cli.call(["apply", "-f", "-"], { stdin: stdin.join("---\n") });
  const result = await cli.call(["get", "gadgets", "-A"]);
  assert.match(result.stdout, /^PROJECT {2}NAME/);
  assert.match(result.stdout, /^east +drill/m);
  assert.match(result.stdout, /^west +drill/m);
  const without = await cli.call(["get", "gadgets"]);
  assert.deepEqual(without, {
    status: 0,
    stdout: "",
    stderr: "no gadgets in project default; -A looks in all\n",
  });
});

test("selectors choose, and one that cannot be read names itself", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("chosen", "Chosen").replace("web", "only-one") });
  const labels = await cli.call(["get", "projects", "-l", "team=only-one", "-o", "name"]);
  assert.equal(labels.stdout, "project/chosen\n");
  const fields = await cli.call(["get", "projects", "--field-selector", "spec.title=Chosen", "-o", "name"]);
  assert.equal(fields.stdout, "project/chosen\n");
  const none = await cli.call(["get", "projects", "-l", "team=nobody"]);
  assert.deepEqual(none, { status: 0, stdout: "", stderr: "no projects\n" });
  assert.equal((await cli.call(["get", "projects", "-l", "=="])).status, 2);
});

test("get --watch lists, then shows each change once, in order, until Ctrl-C", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("watched") });
  const watch = cli.start(["get", "project", "watched", "--watch", "--json"]);
  await watch.says('"listed"');
  for (const title of ["one", "two", "three"]) {
    await cli.call(["apply", "-f", "-"], { stdin: document("watched", title) });
  }
  await watch.says('"three"');
  const { status, stdout } = await watch.stop();
  assert.equal(status, 130);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { object: { spec: { title: string } } }); // what the CLI printed as JSON
  const titles = lines.map((line) => line.object.spec.title);
  assert.deepEqual(
    titles.filter((title, at) => title !== titles[at - 1]),
    ["Shop", "one", "two", "three"],
  );
});

test("delete needs --yes where nobody can be asked, and the name where somebody can", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("doomed") });
  const unasked = await cli.call(["delete", "project", "doomed"]);
  assert.equal(unasked.status, 2);
  assert.match(unasked.stderr, /add --yes/);
  const refused = await cli.call(["delete", "project", "doomed"], { answers: ["y"] });
  assert.equal(refused.status, 9);
  const dry = await cli.call(["delete", "project", "doomed", "--dry-run"]);
  assert.match(dry.stdout, /^project\/doomed would be deleted/);
  const agreed = await cli.call(["delete", "project", "doomed"], { answers: ["doomed"] });
  assert.equal(agreed.status, 0, agreed.stderr);
  assert.equal(agreed.stdout, "project/doomed deleted\n");
  assert.equal((await cli.call(["get", "project", "doomed"])).status, 4);
});

test("delete waits for what is really gone, and tells the truth when it takes too long", async () => {
  await cli.call(["apply", "-f", "-"], {
    stdin: `${document("slow")}---\nkind: gadget\nproject: slow\nname: drill\nspec: {}\n`,
  });
  // Nobody finalizes gadgets here, so this one stays.
  const result = await cli.call(["delete", "gadget/slow/drill", "--yes", "--timeout", "300ms"]);
  assert.equal(result.status, 8, result.stderr);
  assert.equal(result.stdout, "");
  assert.match(result.stderr, /gadget\/slow\/drill is still being deleted/);
  const noWait = await cli.call(["delete", "gadget/slow/drill", "--yes", "--no-wait"]);
  assert.equal(noWait.stdout, "gadget/slow/drill deleting\n");
});

test("wait ends when the field is as wanted, and says how it is when it is not", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("awaited") });
  const active = await cli.call(["wait", "project/awaited", "--for=status.phase=active", "--timeout", "10s"]);
  assert.equal(active.stdout, "project/awaited status.phase=active\n", active.stderr);
  const never = await cli.call(["wait", "project/awaited", "--for=spec.title=Other", "--timeout", "200ms"]);
  assert.equal(never.status, 8);
  assert.match(never.stderr, /spec\.title is Shop/);
  const gone = cli.start(["wait", "project/awaited", "--for=deleted", "--timeout", "20s"]);
  await center.local.delete(projectKind, { name: "awaited" });
  assert.equal((await gone.ended).stdout, "project/awaited deleted\n");
});

test("hostile text cannot steer the terminal in any form of output", async () => {
  const hostile = "\u001b]0;owned\u0007\u001b[2J\u009b31mred\u202etxt\r\nfake/line created";
  const spec = { title: hostile };
  await center.local.apply(projectKind, { name: "hostile", spec });
  for (const words of [
    ["get", "projects"],
    ["get", "project", "hostile", "-o", "wide"],
    ["get", "project", "hostile", "--json"],
    ["get", "project", "hostile", "--yaml"],
    ["describe", "project", "hostile"],
    ["api", "/v1/projects/hostile"],
    ["patch", "project", "hostile", "--patch", '{"spec":{"title":"\\u001b[5m"}}', "--dry-run"],
  ]) {
    const { stdout, status } = await cli.call(words, { terminal: true, env: { NO_COLOR: "1" } });
    assert.equal(status, 0, words.join(" "));
    assert.doesNotMatch(stdout, /[^\P{Cc}\n]|\u202e/u, words.join(" "));
    assert.doesNotMatch(stdout, /^fake/m, words.join(" "));
  }
  const json = await cli.call(["get", "project", "hostile", "--json"]);
  assert.equal((JSON.parse(json.stdout) as { spec: { title: string } }).spec.title, hostile); // what the CLI printed as JSON
  const yaml = await cli.call(["get", "project", "hostile", "--yaml"]);
  const again = await cli.call(["apply", "-f", "-"], { stdin: yaml.stdout });
  assert.equal(again.stdout, "project/hostile unchanged\n");
});

test("events, describe, operations, audit and machine top show what the server says", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("seen") });
  const events = await cli.call(["events", "project/seen"]);
  assert.match(events.stdout, /project\/seen/);
  const describe = await cli.call(["describe", "project", "seen"]);
  assert.match(describe.stdout, /^spec:\n {2}title: Shop$/m);
  assert.match(describe.stdout, /^events:\n {2}AGE/m);
  const audit = await cli.call(["audit", "--limit", "5"]);
  assert.match(audit.stdout, /^SEQUENCE/);
  const verified = await cli.call(["audit", "--verify"]);
  assert.equal(verified.status, 0, verified.stderr);
  assert.match(verified.stdout, /^audit chain intact/);
  const operations = await cli.call(["operations", "--json"]);
  const { items } = JSON.parse(operations.stdout) as { items: { id: string }[] }; // what the CLI printed as JSON
  const one = await cli.call(["operations", items[0]?.id ?? "none"]);
  assert.match(one.stdout, /^state: +succeeded/m);
  assert.equal((await cli.call(["wait", `operation/${items[0]?.id ?? ""}`])).status, 0);
  const top = await cli.call(["machine", "top"]);
  assert.equal(top.status, 0, top.stderr);
  assert.match(top.stdout, /^PID +USER/m);
});

test("events --watch shows what happens from now on", async () => {
  const watch = cli.start(["events", "--watch", "--limit", "1", "--json"]);
  await watch.says("{");
  await cli.call(["apply", "-f", "-"], { stdin: document("fresh-news") });
  await watch.says("fresh-news");
  const { stdout, status } = await watch.stop();
  assert.equal(status, 130);
  const ids = stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: string }).id); // what the CLI printed as JSON
  assert.equal(new Set(ids).size, ids.length);
});

test("api sends a request as it is and gives the problem's status", async () => {
  const version = await cli.call(["api", "/v1/version"]);
  assert.equal((JSON.parse(version.stdout) as { api: string }).api, "v1"); // what the CLI printed as JSON
  const missing = await cli.call(["api", "GET", "/v1/projects/none"]);
  assert.equal(missing.status, 4);
  assert.match(missing.stderr, /^what to do: /m);
  const put = await cli.call(["api", "PUT", "/v1/projects/raw", "-d", '{"spec":{"title":"Raw"}}']);
  assert.equal(put.status, 0, put.stderr);
  const patched = await cli.call(["api", "PATCH", "/v1/projects/raw", "-d", "-"], {
    stdin: '{"labels":{"a":"b"}}',
  });
  assert.equal(patched.status, 0, patched.stderr);
});

test("completion offers commands, kinds and the names of resources", async () => {
  await cli.call(["apply", "-f", "-"], { stdin: document("completable") });
  const candidates = async (...words: string[]) =>
    (await cli.call(["__complete", "--", ...words])).stdout.trim().split("\n");
  assert.deepEqual(await candidates("des"), ["describe"]);
  assert.deepEqual(await candidates("get", "proj"), ["projects"]);
  assert.deepEqual(await candidates("get", "project", "completa"), ["completable"]);
  assert.deepEqual(await candidates("get", "--wa"), ["--watch"]);
  assert.deepEqual(await candidates("context", "u"), ["use"]);
  assert.deepEqual(await candidates("get", "widgets", "-p", "completa"), ["completable"]);
  assert.deepEqual(await candidates("apply", "-f", ""), ["@files"]);
});
