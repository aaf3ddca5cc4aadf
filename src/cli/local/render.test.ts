import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderFindings, renderLogLine, renderStatus } from "#cli/local/render.ts";

describe("the local verbs' output", () => {
  it("shows parts as a table with the supervisor first", () => {
    const status = {
      dataDirectory: "/var/lib/vdc",
      pid: 10,
      version: "0.1.0",
      startedAt: "2026-01-01T00:00:00.000Z",
      url: "http://127.0.0.1:8440",
      residentBytes: 50 * 2 ** 20,
      parts: [
        {
          name: "postgres",
          state: "ready",
          pid: 11,
          since: "2026-01-01T00:00:00.000Z",
          restarts: 0,
          note: "PostgreSQL 18.4",
          residentBytes: 2 ** 20,
        },
        { name: "control", state: "restarting", since: "2026-01-01T01:59:30.000Z", restarts: 3 },
      ],
    };
    assert.equal(
      renderStatus(status, Date.parse("2026-01-01T02:00:00.000Z")),
      [
        "PART        STATE       PID  FOR   RESTARTS  MEMORY  NOTE",
        "supervisor  ready       10   2 h   0         50 MiB  version 0.1.0",
        "postgres    ready       11   2 h   0         1 MiB   PostgreSQL 18.4",
        "control     restarting  -    30 s  3         -",
        "",
        "console  http://127.0.0.1:8440",
        "data     /var/lib/vdc",
        "memory   51 MiB",
        "",
      ].join("\n"),
    );
  });

  it("shows findings with their remedies and a verdict", () => {
    const text = renderFindings([
      { subject: "memory", state: "ok", detail: "8 GiB" },
      { subject: "kvm", state: "warning", detail: "does not open", remedy: "adduser" },
      { subject: "disk space", state: "problem", detail: "0 GiB", remedy: "free some" },
    ]);
    const lines = [
      "ok       memory      8 GiB",
      "warning  kvm         does not open",
      "                     → adduser",
      "PROBLEM  disk space  0 GiB",
      "                     → free some",
      "",
      "1 problem must be solved first; 1 of 3 findings limit what it can do.",
      "",
    ];
    assert.equal(text, lines.join("\n"));
  });

  it("makes a log's JSON readable and leaves every other text as it is", () => {
    const json =
      '{"level":"warn","time":"2026-01-01T10:11:12.345Z","part":"control","requestId":"req_1","size":3,"msg":"http.request.slow"}';
    assert.equal(
      renderLogLine({ part: "control", text: json }, true),
      "control   10:11:12.345 warn  http.request.slow requestId=req_1 size=3",
    );
    for (const text of ["plain", "{half", "{}", '{"msg":1}'])
      assert.equal(renderLogLine({ part: "a", text }, false), text);
  });

  it("shows what steers a terminal instead of obeying it", () => {
    const entry = {
      level: "info",
      time: "2026-01-01T10:11:12.345Z",
      user: "\u001b]0;evil\u0007",
      msg: "refused",
    };
    for (const text of [JSON.stringify(entry), "LOG: \u001b]0;evil\u0007"])
      assert.match(renderLogLine({ part: "control", text }, false), /^\P{Cc}*\\u001b\]0;evil\\u0007$/u);
  });
});
