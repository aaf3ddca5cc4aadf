import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { scripts } from "#cli/completion-scripts.ts";

/** A variable, because knip takes a literal for a program that a package should bring. */
const fish: string = "fish";
const folder = mkdtempSync(join(tmpdir(), "vdc-completion-"));
after(() => rmSync(folder, { recursive: true }));

/** Stands for `vdc`: answers by the words it was asked about. */
const answering = `#!/bin/sh
[ "$1 $2" = "__complete --" ] || exit 9
shift 2
case "$*" in
  "ge") echo get ;;
  "get ") printf 'projects\\nmachines\\n' ;;
  "wait pro") echo projects/ ;;
  "apply -f doc") echo @files ;;
  *) echo "asked: $*" >&2 ;;
esac
`;

test("bash completes what vdc answers: one word, several, a prefix, and files", () => {
  writeFileSync(join(folder, "vdc"), answering);
  chmodSync(join(folder, "vdc"), 0o755);
  writeFileSync(join(folder, "document.yaml"), "");
  writeFileSync(join(folder, "script.bash"), scripts.get("bash") ?? "");
  const complete = (...words: string[]) => {
    const program = `source ./script.bash
      COMP_WORDS=(vdc "$@"); COMP_CWORD=$#; compopt() { :; }
      _vdc; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    return execFileSync("bash", ["-c", program, "bash", ...words], { cwd: folder, env, encoding: "utf8" })
      .trim()
      .split("\n");
  };
  assert.deepEqual(complete("ge"), ["get"]);
  assert.deepEqual(complete("get", ""), ["projects", "machines"]);
  assert.deepEqual(complete("wait", "pro"), ["projects/"]);
  assert.deepEqual(complete("apply", "-f", "doc"), ["document.yaml"]);
});

test("fish completes what vdc answers", { skip: isMissing(fish) }, () => {
  writeFileSync(join(folder, "vdc"), answering);
  chmodSync(join(folder, "vdc"), 0o755);
  writeFileSync(join(folder, "script.fish"), scripts.get("fish") ?? "");
  const env = { HOME: folder, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const complete = (line: string) =>
    execFileSync(fish, ["-c", `source ./script.fish; complete -C '${line}'`], {
      cwd: folder,
      env,
      encoding: "utf8",
    })
      .trim()
      .split("\n");
  assert.deepEqual(complete("vdc ge"), ["get"]);
  assert.deepEqual(complete("vdc get ").toSorted(), ["machines", "projects"]);
  assert.deepEqual(complete("vdc wait pro"), ["projects/"]);
  assert.deepEqual(complete("vdc apply -f doc"), ["document.yaml"]);
});

test("zsh asks vdc with the words so far", { skip: isMissing("zsh") }, () => {
  writeFileSync(join(folder, "vdc"), answering);
  chmodSync(join(folder, "vdc"), 0o755);
  writeFileSync(join(folder, "script.zsh"), scripts.get("zsh") ?? "");
  // compadd and _files work inside a completion widget only; here they print what they are given.
  const program = `compdef() { :; }; source ./script.zsh
    compadd() { shift; print -l -- "$@"; }; _files() { print files; }
    words=(vdc "$@"); CURRENT=$#words; _vdc`;
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const complete = (...words: string[]) =>
    execFileSync("zsh", ["-f", "-c", program, "zsh", ...words], { cwd: folder, env, encoding: "utf8" })
      .trim()
      .split("\n");
  assert.deepEqual(complete("ge"), ["get"]);
  assert.deepEqual(complete("get", ""), ["projects", "machines"]);
  assert.deepEqual(complete("apply", "-f", "doc"), ["files"]);
});

for (const shell of ["bash", "zsh", "fish"]) {
  test(`the script of ${shell} is free of syntax errors`, { skip: isMissing(shell) }, () => {
    const path = join(folder, `vdc.${shell}`);
    writeFileSync(path, scripts.get(shell) ?? "");
    const { status, stderr } = spawnSync(shell, ["-n", path], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
}

/** The program's name when it is not there, which is why a test is skipped. */
function isMissing(program: string): string | false {
  return spawnSync(program, ["-c", "true"]).status === 0 ? false : program;
}
