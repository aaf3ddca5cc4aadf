import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { appKind } from "#api/kinds/app.ts";
import { machineKind } from "#api/kinds/machine.ts";
import { projectKind } from "#api/kinds/project.ts";
import { secretKind } from "#api/kinds/secret.ts";
import type { Event, Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { auditTable } from "#cli/commands/audit.ts";
import { processTable, sampleText } from "#cli/commands/machine.ts";
import { tokenTable } from "#cli/commands/token.ts";
import { userTable } from "#cli/commands/user.ts";
import { whoamiText } from "#cli/commands/whoami.ts";
import { describeText } from "#cli/output/describe-text.ts";
import { diffText } from "#cli/output/diff-text.ts";
import { eventLine, eventTable } from "#cli/output/event-table.ts";
import { harmlessLine, harmlessText } from "#cli/output/harmless.ts";
import { operationTable, operationText, progressLine } from "#cli/output/operation-text.ts";
import { noPaint, paintFor } from "#cli/output/paint.ts";
import { resourceTable } from "#cli/output/resource-table.ts";
import { jsonText, yamlText } from "#cli/output/structured.ts";
import { renderTable } from "#cli/output/table.ts";
import { ageText, bytesText } from "#cli/output/units.ts";
import { cellWidth } from "#cli/output/width.ts";
import { matchesGolden } from "#test/support/golden.ts";

const nowMs = Date.parse("2026-05-01T12:00:00.000Z");

const newsroom = {
  kind: "project",
  name: "newsroom",
  id: "res_01jd8xq2v7e3k9m4n5p6r7s8t9",
  generation: 3,
  revision: 120,
  labels: { team: "web", tier: "gold" },
  spec: {
    title: "報道局 Newsroom",
    description: "",
    members: [{ user: "ada", role: "admin" }],
    quotas: { instances: 20 },
  },
  status: { phase: "active", usage: { resources: 2 } },
  createdAt: "2026-04-28T12:00:00.000Z",
  updatedAt: "2026-05-01T11:00:00.000Z",
} as unknown as Resource; // its id is a plain text here
const leaving = {
  ...newsroom,
  name: "old",
  spec: { ...newsroom.spec, title: "Old\u001b[31m\nfake  row", members: [] },
  labels: {},
  deletingSince: "2026-05-01T11:59:30.000Z",
} satisfies Resource;
const machine = {
  ...newsroom,
  kind: "machine",
  name: "this-host",
  spec: { title: "", schedulable: true },
  status: { phase: "ready", cores: 8, memoryBytes: 16_500_000_000 },
} satisfies Resource;

const event: Event = {
  id: "evt_1",
  revision: 119,
  at: "2026-05-01T11:58:00.000Z",
  type: "project.changed",
  severity: "info",
  subject: { kind: "project", name: "newsroom" },
  message: "Project newsroom was changed.",
};
const alarm: Event = {
  ...event,
  id: "evt_2",
  severity: "error",
  at: "2026-05-01T11:59:59.000Z",
  type: "project.stuck",
  message: "It\u001b]0;x\u0007 is stuck.",
};

const operation: Operation = {
  id: "op_01jd8xq2v7e3k9m4n5p6r7s8t9",
  revision: 130,
  type: "project.delete",
  title: "Delete project newsroom",
  target: { kind: "project", name: "newsroom" },
  actor: { type: "user", id: "usr_1", name: "ada" },
  state: "running",
  percent: 40,
  steps: [
    { name: "remove widgets", state: "done" },
    { name: "remove the project", state: "running" },
  ],
  log: [{ at: "2026-05-01T11:59:00.000Z", message: "removed 12 widgets" }],
  cancelable: true,
  createdAt: "2026-05-01T11:58:00.000Z",
  updatedAt: "2026-05-01T11:59:00.000Z",
};
const failed: Operation = {
  ...operation,
  state: "failed",
  finishedAt: "2026-05-01T11:59:30.000Z",
  error: { code: "timeout", message: "The widgets did not go.", remedy: "Look at the widgets." },
};

test("tables of resources are aligned by cells, wide characters counted, and hostile text is one line", () => {
  const show = (wide: boolean, withProject: boolean, headers: boolean) =>
    renderTable(resourceTable(projectKind, [newsroom, leaving], { nowMs, wide, withProject }), { headers });
  matchesGolden("cli/get-projects.txt", show(false, false, true));
  matchesGolden("cli/get-projects-wide.txt", show(true, false, true));
  matchesGolden("cli/get-projects-no-headers.txt", show(false, false, false));
  matchesGolden(
    "cli/get-machines.txt",
    renderTable(resourceTable(machineKind, [machine], { nowMs, wide: false, withProject: false }), {
      headers: true,
    }),
  );
});

test("describe shows what is wanted, what was observed and what happened", async () => {
  matchesGolden("cli/describe.txt", await describeText(newsroom, [event, alarm], { nowMs, paint: noPaint }));
  matchesGolden("cli/describe-deleting.txt", await describeText(leaving, [], { nowMs, paint: noPaint }));
});

test("a diff names every field once removed and once added", () => {
  const changes = [
    { op: "replace", path: "spec.title", before: "Shop", after: "Store" },
    { op: "add", path: "spec.members[1]", after: { user: "bob", role: "viewer" } },
    { op: "remove", path: "labels.old", before: "yes\u001b[2J" },
  ] as const;
  const title = { before: "project/shop (now, revision 12)", after: "project/shop (shop.yaml:1)" };
  matchesGolden("cli/diff.txt", diffText(title, changes, noPaint));
  const colour = paintFor({ isTty: { stdin: true, stdout: true, stderr: true }, env: {} } as never, "stdout"); // the painter looks at these two only
  matchesGolden("cli/diff-colour.txt", diffText(title, changes, colour));
  assert.equal(diffText(title, [], noPaint), "");
});

test("events, operations, audit, users, tokens and processes have tables", () => {
  const table = (name: string, value: Parameters<typeof renderTable>[0]) =>
    matchesGolden(`cli/${name}.txt`, renderTable(value, { headers: true }));
  table("events", eventTable([event, alarm], nowMs, { withSubject: true }));
  matchesGolden(
    "cli/event-lines.txt",
    [event, alarm].map((one) => `${harmlessLine(eventLine(one))}\n`).join(""),
  );
  table("operations", operationTable([operation, failed], nowMs));
  matchesGolden(
    "cli/operation-running.txt",
    operationText(operation, nowMs, noPaint) + progressLine(operation),
  );
  matchesGolden("cli/operation-failed.txt", operationText(failed, nowMs, noPaint));
  const actor = { type: "user", id: "usr_1", name: "ada" } as const;
  const entry = {
    sequence: 7,
    at: event.at,
    actor,
    verb: "change",
    target: { kind: "project", name: "newsroom" },
    previousHash: "0".repeat(64),
    hash: "abcdef0123456789",
  };
  table(
    "audit",
    auditTable([
      { ...entry, outcome: "done" },
      { ...entry, sequence: 6, outcome: "refused" },
    ]),
  );
  const user = {
    id: "usr_1",
    name: "ada",
    title: "Ada Lovelace",
    owner: true,
    hasPassword: true,
    disabled: false,
    createdAt: newsroom.createdAt,
  };
  table(
    "users",
    userTable(
      [
        { ...user, lastSeenAt: event.at },
        { ...user, name: "bob", owner: false, disabled: true },
      ],
      nowMs,
    ),
  );
  const token = {
    id: "tok_1",
    name: "deploy",
    user: "ada",
    createdAt: newsroom.createdAt,
    expiresAt: "2026-07-01T00:00:00.000Z",
  };
  table(
    "tokens",
    tokenTable(
      [token, { ...token, id: "tok_2", project: "newsroom", role: "operator", lastUsedAt: event.at }],
      nowMs,
    ),
  );
  table(
    "processes",
    processTable([
      {
        pid: 42,
        user: "root",
        name: "postgres",
        state: "S",
        cpuPercent: 12.345,
        residentBytes: 50_000_000,
        command: "postgres",
        part: "postgres",
      },
    ]),
  );
  matchesGolden(
    "cli/whoami.txt",
    whoamiText(
      {
        name: "ada",
        title: "",
        via: "token",
        owner: false,
        projects: { newsroom: "admin", shop: "viewer" },
        hasPassword: true,
        expiresAt: "2026-07-01T00:00:00.000Z",
      },
      { name: "home", where: "https://vdc.example.org" },
    ),
  );
});

test("a machine without a sample says so", () => {
  assert.equal(sampleText({ machine: "a", sample: undefined, processes: [] }), "machine/a: no sample yet\n");
});

test("colour is for terminals, and NO_COLOR and a dumb terminal have none", () => {
  const paint = (tty: boolean, env: Record<string, string>) =>
    paintFor({ isTty: { stdin: tty, stdout: tty, stderr: tty }, env } as never, "stdout")("red", "x"); // the painter looks at these two only
  assert.equal(paint(true, {}), "\u001b[31mx\u001b[39m");
  assert.equal(paint(false, {}), "x");
  assert.equal(paint(true, { NO_COLOR: "1" }), "x");
  assert.equal(paint(true, { NO_COLOR: "" }), "\u001b[31mx\u001b[39m");
  assert.equal(paint(true, { TERM: "dumb" }), "x");
});

test("no text gets a control character through, and no line of a table ends in blanks", () => {
  const nasty = fc.string({ unit: "binary", maxLength: 30 });
  fc.assert(
    fc.property(fc.array(fc.tuple(nasty, nasty), { maxLength: 8 }), (rows) => {
      const text = renderTable({ headers: ["A", "B"], rows }, { headers: true });
      assert.doesNotMatch(text, /[^\P{Cc}\n]|[\u2028\u202e\u2066]/u);
      assert.doesNotMatch(text, /[ \t]$/m);
      assert.equal(text.split("\n").length, rows.length + 2);
    }),
  );
});

test("JSON and YAML read back as the same value, whatever text is in it, without control characters", async () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        "\u001b",
        "\u009b",
        "\u202e",
        "\n",
        "\t",
        "\r",
        "\u0000",
        "\u2028",
        "'",
        '"',
        "\\",
        ":",
        "-",
        "#",
        " ",
      ),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    ),
  });
  const value = fc.dictionary(
    text,
    fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 3 })),
    { maxKeys: 5 },
  );
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      const json = jsonText(given);
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(given)));
      const yaml = await yamlText(given);
      assert.doesNotMatch(yaml, /[^\P{Cc}\n\t]|[\u2028\u202e\u2066]/u);
      assert.deepEqual({ ...parse(yaml) }, { ...given });
    }),
    { numRuns: 300 },
  );
});

test("widths count what a terminal shows: wide letters, emoji, marks", () => {
  assert.deepEqual(
    ["", "abc", "報道", "é", "e\u0301", "👩‍🚀", "❤️", "한국", "ｱ"].map(cellWidth),
    [0, 3, 4, 1, 1, 2, 2, 4, 1],
  );
});

test("ages and sizes are short", () => {
  const ages = [0, 119, 120, 7199, 7200, 172_799, 172_800, 730 * 86_400].map((seconds) =>
    ageText(new Date(nowMs - seconds * 1000).toISOString(), nowMs),
  );
  assert.deepEqual(ages, ["0s", "119s", "2m", "119m", "2h", "47h", "2d", "2y"]);
  assert.equal(ageText(undefined, nowMs), "");
  assert.equal(ageText("no time", nowMs), "");
  assert.deepEqual([0, 1023, 1536, 16_500_000_000].map(bytesText), ["0 B", "1023 B", "1.5 KiB", "15.4 GiB"]);
});

test("harmless text keeps line ends and tabs, a harmless line keeps neither", () => {
  assert.equal(harmlessText("a\n\tb\r\u001b"), "a\n\tb\\u000d\\u001b");
  assert.equal(harmlessLine("a\n\tb"), "a\\u000a\\u0009b");
});

test("a column shows one item of a list, or all of a list of words", () => {
  const app = {
    ...newsroom,
    kind: "app",
    project: "default",
    spec: { package: "newsroom-1-0-0" },
    status: { phase: "ready", wantedRelease: 2, urls: ["http://news.localhost/", "https://news.localhost/"] },
  } satisfies Resource;
  const [row] = resourceTable(appKind, [app], { nowMs, wide: false, withProject: false }).rows;
  assert.ok(row?.some((cell) => typeof cell === "object" && cell.text === "http://news.localhost/"));
  const secret = {
    ...app,
    kind: "secret",
    status: { version: 1, usedBy: ["news", "shop"] },
  } satisfies Resource;
  const [used] = resourceTable(secretKind, [secret], { nowMs, wide: false, withProject: false }).rows;
  assert.ok(used?.some((cell) => typeof cell === "object" && cell.text === "news, shop"));
});
