import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Command } from "commander";
import { fixedRoutes } from "#api/routes.ts";
import type { CliIo } from "#cli/io.ts";
import { registerLocalCommands } from "#cli/local/commands.ts";
import { createProgram } from "#cli/program.ts";
import { topics } from "#cli/help-topics.ts";
import { cliWorld } from "#test/support/cli-call.ts";
import { matchesGolden } from "#test/support/golden.ts";

const cli = cliWorld();
after(() => cli[Symbol.dispose]());

test("wrong usage exits 2 with what was meant, an example and where to read on", async () => {
  const cases = {
    "unknown-command": ["gett", "projects"],
    "unknown-option": ["get", "projects", "--wach"],
    "missing-word": ["get"],
    "unknown-kind": ["get", "projetcs"],
    "unknown-short-name": ["get", "prj"],
    "not-a-kind": ["get", "users"],
    "unknown-subcommand": ["context", "ues", "x"],
    "bad-duration": ["wait", "project/a", "--for=deleted", "--timeout", "5"],
    "bad-number": ["get", "projects", "--limit", "many"],
    "two-outputs": ["get", "projects", "--json", "--yaml"],
    "no-for": ["wait", "project/a"],
    "bad-target": ["wait", "project/", "--for=deleted"],
    "no-files": ["apply"],
    "name-and-file": ["delete", "project", "a", "-f", "-"],
    "unknown-shell": ["completion", "bsh"],
    "unknown-topic": ["help", "contxts"],
    "bad-method": ["api", "GIT", "/v1/projects"],
    "two-centers": ["get", "projects", "--context", "a", "--data", "b"],
    "unknown-context": ["get", "projects", "--context", "lokal"],
  };
  const texts: string[] = [];
  for (const [name, words] of Object.entries(cases)) {
    const { status, stdout, stderr } = await cli.call(words);
    assert.equal(status, 2, `${name}: ${stderr}`);
    assert.equal(stdout, "", name);
    texts.push(`$ vdc ${words.join(" ")}\n${stderr}\n`);
  }
  matchesGolden("cli/usage-errors.txt", texts.join(""));
});

test("a data center that does not run is told with the place and the remedy, and exits 7", async () => {
  const { status, stderr } = await cli.call(["get", "projects"]);
  assert.equal(status, 7);
  matchesGolden("cli/unreachable.txt", stderr.replaceAll(cli.home, "HOME"));
});

test("help of the program and of every command is as it was", async () => {
  matchesGolden("cli/help.txt", (await cli.call(["--help"])).stdout);
  for (const name of ["apply", "get", "delete", "login", "context"]) {
    const help = await cli.call(["help", name]);
    assert.equal(help.status, 0);
    assert.equal((await cli.call([name, "--help"])).stdout, help.stdout);
    matchesGolden(`cli/help-${name}.txt`, help.stdout);
  }
});

test("the kinds and the fields of a kind's spec are explained from its schema", async () => {
  matchesGolden("cli/help-kinds.txt", (await cli.call(["help", "kinds"])).stdout);
  matchesGolden("cli/help-projects.txt", (await cli.call(["help", "projects"])).stdout);
  const machines = await cli.call(["help", "machines"]);
  assert.match(machines.stdout, /^spec\.schedulable +boolean +true +Whether/m);
});

test("every topic of help is printed, and no words show the overview as wrong usage", async () => {
  for (const [name, topic] of topics) {
    assert.deepEqual(await cli.call(["help", name]), { status: 0, stdout: topic.text, stderr: "" });
  }
  const { status, stdout, stderr } = await cli.call([]);
  assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
  assert.match(stderr, /^Usage: vdc/);
});

test("every command has an Examples section, and every example of it is a command line that parses", async () => {
  for (const command of leaves(wholeProgram())) {
    const path = pathOf(command);
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    const [, section = ""] = help.split("\nExamples:\n");
    const lines = section
      .split("\n")
      .map((line) => line.trim().replace(/^\$ /, ""))
      .filter((line) => line !== "");
    assert.ok(lines.length > 0, `${path} has no examples`);
    let own = 0;
    for (const line of lines) {
      const words = vdcWords(line);
      assert.ok(words !== undefined, `${path}: not a vdc command line: ${line}`);
      assert.equal(await parsedCommand(words), true, `${path}: ${line}`);
      if (words.join(" ").startsWith(path.slice("vdc ".length))) own += 1;
    }
    assert.ok(own > 0, `no example of ${path} is about it`);
  }
});

test("a fault shows its request and a file that cannot be read its reason", async () => {
  const folder = await cli.call(["patch", "project", "a", "--patch", "@."]);
  assert.equal(folder.status, 2);
  const missing = await cli.call(["apply", "-f", "none.yaml"]);
  assert.equal(missing.status, 4);
  assert.match(missing.stderr, /^error: There is no file none\.yaml\.\nwhat to do: Check the path\.$/m);
  writeFileSync(join(cli.home, "latin.yaml"), Buffer.from([0x6b, 0xe9]));
  const latin = await cli.call(["apply", "-f", "latin.yaml"]);
  assert.equal(latin.status, 2);
  assert.match(latin.stderr, /it is not UTF-8 text/);
});

test("every route of the API that is for people has a verb", () => {
  // Those that have none: browser sign-in, sessions of the console, pictures, probes, and what `vdc status` and `api` show; what apps
  // alone do (sign their users in, make jobs), what workers alone do, and live pictures of the cluster and of single tasks.
  const without =
    /^(auth\.(methods|link|password|oidc-|app-)|session\.|system\.|user\.get|machine\.stream|package\.blob|burst\.(put-graph|connect|file|package|watch)$|job\.(create|tasks)$)/;
  const used = [
    "auth.token",
    "auth.me",
    "auth.sign-out",
    "auth.change-password",
    "user.list",
    "user.create",
    "user.change",
    "user.delete",
    "user.link",
    "token.list",
    "token.create",
    "token.revoke",
    "watch",
    "event.list",
    "operation.list",
    "operation.get",
    "operation.cancel",
    "audit.list",
    "audit.verify",
    "machine.samples",
    "machine.processes",
    "machine.probe",
    "package.upload",
    "engine.list",
    "gateway.list",
    "app.plan",
    "app.rollback",
    "app.restart",
    "app.backup",
    "app.backups",
    "app.restore",
    "app.logs",
    "app.top",
    "app.traffic",
    "app.requests",
    "instance.exec",
    "secret.set",
    "object-store.status",
    "object-store.drives",
    "object-store.work",
    "object-store.endpoints",
    "object-store.put-endpoint",
    "object-store.remove-endpoint",
    "drive.drill",
    "drive.end-drill",
    "key.issue",
    "key.revoke",
    "bucket.objects",
    "bucket.object",
    "bucket.read-urls",
    "bucket.write-urls",
    "bucket.delete-objects",
    "bucket.config",
    "bucket.configure",
    "burst.blobs",
    "burst.put-file",
    "burst.admit",
    "burst.sign",
    "burst.key",
    "burst.cluster",
    "job.list",
    "job.get",
    "job.watch",
    "job.cancel",
    "job.pause",
    "job.resume",
    "job.raise-bound",
    "job.results",
    "worker.drain",
    "worker.release",
    "offer.create",
    "offer.list",
    "offer.show",
    "offer.accept",
    "ledger.balance",
    "ledger.entries",
    "ledger.export",
    "invoice.show",
    "invoice.refund",
    "budget.set",
    "incident.list",
    "incident.say",
    "incident.mine",
    "incident.receipts",
    "subscription.test",
    "status.page",
  ];
  assert.deepEqual(
    Object.keys(fixedRoutes)
      .filter((id) => !without.test(id))
      .toSorted(),
    used.toSorted(),
  );
});

/** The whole tree with the verbs of this machine; every action is replaced, so that parsing runs nothing. */
function wholeProgram(): Command {
  const io = {
    env: {},
    cwd: "/",
    signal: AbortSignal.abort(),
    stdout: () => undefined,
    stderr: () => undefined,
  } as unknown as CliIo; // no action runs
  const program = createProgram(io);
  registerLocalCommands(program, io, {} as never); // no action runs
  return program;
}

function leaves(command: Command): readonly Command[] {
  const below = command.commands.flatMap(leaves);
  return command.parent === null ? below : [command, ...below];
}

async function parsedCommand(words: readonly string[]): Promise<boolean> {
  const program = wholeProgram();
  let reached = false;
  for (const command of leaves(program)) {
    const isGroup = command.commands.length > 0 && command.registeredArguments.length === 0;
    if (!isGroup) command.action(() => void (reached = true));
  }
  await program.parseAsync([...words], { from: "user" });
  return reached;
}

/** The words of the `vdc` in a line of shell: pipes, redirections and process substitution around it are left out. */
function vdcWords(line: string): readonly string[] | undefined {
  const command = /(?:^|[|(]\s*)vdc (.*)$/.exec(line)?.[1]?.replace(/\s*[|<>)](?![^']*').*$/, "");
  return command?.match(/(?:'[^']*'|[^\s'])+/g)?.map((word) => word.replaceAll("'", ""));
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
