import assert from "node:assert/strict";
import { test } from "node:test";
import { errorTable, isErrorCode, VdcError, type ErrorCode } from "./errors.ts";
import { errorOfProblem, problemOf, problemSchema } from "./problem.ts";

const codes = Object.keys(errorTable) as ErrorCode[]; // the table's own keys

test("every error arrives at the client as it left the server, through its problem document", () => {
  const fields = [{ path: "spec.members[0].role", message: "no such role" }];
  for (const code of codes) {
    const sent = new VdcError(code, `detail of ${code}`, { fields, cause: new Error("not for users") });
    const document = JSON.stringify(problemOf(sent, "req_1"));
    assert.ok(!document.includes("not for users"));
    const got = errorOfProblem(problemSchema.parse(JSON.parse(document)));
    assert.deepEqual(
      [got.code, got.message, got.fields, got.status, got.exit, got.extra["requestId"]],
      [code, sent.message, fields, sent.status, sent.exit, "req_1"],
    );
  }
});

test("a problem document has the members of RFC 9457, the code and the remedy", () => {
  assert.deepEqual(problemOf(new VdcError("busy", "40 wait already.")), {
    type: "urn:vdc:error:busy",
    title: errorTable.busy.title,
    status: 503,
    detail: "40 wait already.",
    code: "busy",
    remedy: errorTable.busy.remedy,
    errors: [],
  });
});

test("an error's extra members stand beside the standard ones and never in their place, but for a remedy of its own", () => {
  const extra = { retryAfterSeconds: 9, status: 200, code: "invalid", detail: "x", remedy: "x", errors: [] };
  const problem = problemOf(new VdcError("busy", "40 wait already.", { extra }));
  assert.equal(problem["retryAfterSeconds"], 9);
  assert.deepEqual([problem.status, problem.code, problem.detail], [503, "busy", "40 wait already."]);
  assert.equal(problem.remedy, "x");
  assert.equal(errorOfProblem(problem).extra["remedy"], "x");
});

test("a code that this client does not know is a fault, and what every object inherits is no code", () => {
  for (const code of ["not-yet-invented", "constructor", "toString", "__proto__", ""]) {
    assert.equal(isErrorCode(code), false);
    const problem = { ...problemOf(new VdcError("busy", "x")), code };
    assert.equal(errorOfProblem(problem).code, "fault");
  }
  assert.equal(isErrorCode(undefined), false);
});

test("every error has an HTTP status of an error, an exit status of its own kind, and tells what to do", () => {
  for (const [code, row] of Object.entries(errorTable)) {
    assert.ok(row.status >= 400 && row.status <= 599, code);
    // 0 is success, 1 is any program's failure, from 126 on the shell speaks.
    assert.ok(row.exit >= 2 && row.exit < 126, code);
    assert.match(row.title, /^[A-Z][^.]+$/, code);
    assert.match(row.remedy, /^[`A-Z].*\.$/, code);
    assert.match(code, /^[a-z]+(-[a-z]+)*$/);
  }
});

test("scripts can tell wrong input, missing rights, absence and conflicts by the exit status", () => {
  const exits = (status: number) =>
    new Set(
      codes.map((code) => errorTable[code]).flatMap((row) => (row.status === status ? [row.exit] : [])),
    );
  assert.deepEqual([exits(400), exits(422)], [new Set([2]), new Set([2])]);
  assert.deepEqual([exits(401), exits(404)], [new Set([3]), new Set([4])]);
  assert.equal(new VdcError("fault", "x").exit, 70); // EX_SOFTWARE of sysexits.h
});
