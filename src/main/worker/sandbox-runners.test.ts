import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { TaskCall, TaskOutcome, TaskRunners } from "#burst/worker/ports.ts";
import { sandboxFacts } from "#drivers/sandbox/facts.ts";
import { shareBytes } from "#main/worker/machine.ts";
import { sandboxRunners } from "#main/worker/sandbox-runners.ts";

const { bubblewrap } = sandboxFacts();
const skip = bubblewrap.usable ? false : `bubblewrap: ${bubblewrap.reason}`;
const mebibyte = 1024 ** 2;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

interface Words {
  readonly inputs?: readonly Uint8Array[];
  readonly args?: readonly number[];
  readonly outputs?: number;
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
}

let runners: TaskRunners;

async function run(level: "js" | "native", code: string, words: Words = {}): Promise<TaskOutcome> {
  const {
    inputs = [],
    args = [],
    outputs = 1,
    memoryBytes = 64 * mebibyte,
    signal = AbortSignal.timeout(20_000),
  } = words;
  const call: TaskCall = {
    code: { level, hash: "0".repeat(64), bytes: bytesOf(code) },
    fn: "run",
    args,
    inputs,
    outputs,
    memoryBytes,
  };
  const runner = runners[level];
  assert.ok(runner);
  return await runner.run(call, signal);
}

/** What a task says that tries something and tells what came of it. */
async function said(level: "js" | "native", code: string): Promise<string> {
  const outcome = await run(level, code);
  return outcome.kind === "done" ? textOf(outcome.outputs[0]) : `${outcome.kind}: ${outcome.message}`;
}

/** A server of this machine that no task may reach. */
async function neighbour(): Promise<Server> {
  const server = createServer((_, response) => response.end("reached")).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port; // of a TCP server

/** What each of these ends with: the code or the message of its error, or SUCCEEDED. One task tries them all. */
async function attempts(codes: readonly string[]): Promise<readonly string[]> {
  const tries = codes.map((code) => `async () => { ${code} }`).join(",\n");
  const told = await said(
    "js",
    `export const run = async () => {
      const ends = [];
      for (const attempt of [${tries}]) {
        try { await attempt(); ends.push("SUCCEEDED"); } catch (error) { ends.push(String(error.cause?.code ?? error.code ?? error.message)); }
      }
      return [new TextEncoder().encode(JSON.stringify(ends))];
    };`,
  );
  return JSON.parse(told) as readonly string[]; // of the code above
}

describe("tasks of level js", { skip }, () => {
  before(() => (runners = sandboxRunners(["js", "native"])));

  it("compute byte strings from numbers and byte strings", async () => {
    const code = "export const run = ([n], [a]) => [a.map((each) => each * n), new Uint8Array(0)];";
    const outcome = await run("js", code, { args: [3], inputs: [Uint8Array.of(1, 2)], outputs: 2 });
    assert.ok(outcome.kind === "done");
    assert.deepEqual(outcome.outputs, [Uint8Array.of(3, 6), new Uint8Array(0)]);
  });

  it("can neither read nor write files, start programs or threads, reach a network, nor make code", async () => {
    const server = await neighbour();
    try {
      const url = `http://127.0.0.1:${portOf(server)}/`;
      const listen = `import("node:net").then(({ createServer }) => createServer().on("error", reject).listen(0, resolve)).catch(reject)`;
      const hostile = [
        `(await import("node:fs")).readFileSync("/etc/passwd")`,
        `(await import("node:fs")).readFileSync("/proc/self/environ")`,
        `(await import("node:fs")).readdirSync("/")`,
        `(await import("node:fs")).writeFileSync("/tmp/x", "x")`,
        `(await import("node:fs")).symlinkSync("/etc", "/tmp/etc")`,
        `(await import("node:child_process")).execFileSync("/bin/sh", ["-c", "id"])`,
        `new (await import("node:worker_threads")).Worker("0", { eval: true })`,
        `await fetch(${JSON.stringify(url)})`,
        `await new Promise((resolve, reject) => ${listen})`,
        `await (await import("node:dns")).promises.lookup("localhost")`,
        `process.dlopen({ exports: {} }, "/task/code")`,
        `(await import("node:inspector")).open(0)`,
        `new (await import("node:wasi")).WASI({ version: "preview1" })`,
        `eval("1")`,
        `new Function("return process")()`,
      ];
      const ends = await attempts(hostile);
      for (const [index, code] of hostile.entries())
        assert.match(
          ends[index] ?? "",
          /ERR_ACCESS_DENIED|ERR_DLOPEN_DISABLED|Code generation from strings disallowed/,
          code,
        );
    } finally {
      server.close();
    }
  });

  it("see nothing of our environment", async () => {
    process.env["VDC_TEST_SECRET"] = "not for tasks";
    const names = await said(
      "js",
      `export const run = () => [new TextEncoder().encode(Object.keys(process.env).sort().join())];`,
    );
    delete process.env["VDC_TEST_SECRET"];
    assert.equal(
      names,
      "HOME,LC_ALL,OLDPWD,PATH,PWD".replace("OLDPWD,", names.includes("OLDPWD") ? "OLDPWD," : ""),
    );
  });

  it("leave nothing to the next task", async () => {
    const code = `export const run = () => {
      const seen = String(Object.prototype.polluted) + String(globalThis.kept);
      Object.prototype.polluted = 1; globalThis.kept = 1; String.prototype.trim = () => "";
      return [new TextEncoder().encode(seen)];
    };`;
    for (let time = 0; time < 2; time += 1) assert.equal(await said("js", code), "undefinedundefined");
  });

  it("are ended when they never end", async () => {
    const begun = performance.now();
    const signal = AbortSignal.timeout(700);
    await assert.rejects(run("js", "export const run = () => { for (;;); };", { signal }), {
      name: "TimeoutError",
    });
    assert.ok(performance.now() - begun < 700 + 500, "it was gone within half a second");
  });

  it("fail alone when they take all memory or write without end", async () => {
    const bomb = await run(
      "js",
      "const all = []; export const run = () => { for (;;) all.push(new Array(1e6).fill(all.length)); };",
    );
    assert.equal(bomb.kind, "memory");
    const flood = await run("js", "export const run = () => [new Uint8Array(100 * 1024 ** 2)];");
    assert.equal(flood.kind, "memory");
  });

  it("fail with their own words", async () => {
    const outcome = await run(
      "js",
      `export const run = () => { throw new Error("the picture is upside down"); };`,
    );
    assert.ok(outcome.kind === "trap");
    assert.match(outcome.message, /the picture is upside down/);
  });
});

describe("tasks of level native", { skip }, () => {
  before(() => (runners = sandboxRunners(["js", "native"])));

  it("compute files from numbers and files", async () => {
    const code = `#!/bin/sh\necho "$1 $2" > 0; cat "$3" > 1\n`;
    const outcome = await run("native", code, { args: [7], inputs: [bytesOf("input")], outputs: 2 });
    assert.ok(outcome.kind === "done");
    assert.deepEqual(outcome.outputs.map(textOf), ["run 7\n", "input"]);
  });

  it("read inputs that lie in shared memory", async () => {
    const text = "input ".repeat(20_000);
    const inputs = [shareBytes(bytesOf(text))];
    const native = await run("native", `#!/bin/sh\ncat "$2" > 0\n`, { inputs });
    const js = await run("js", "export const run = (args, inputs) => inputs;", { inputs });
    for (const outcome of [native, js]) {
      assert.ok(outcome.kind === "done");
      assert.deepEqual(outcome.outputs.map(textOf), [text]);
    }
  });

  it("reach no network, not even this machine's own", async () => {
    const server = await neighbour();
    try {
      const told = await said(
        "native",
        `#!/bin/bash\n(exec 3<>/dev/tcp/127.0.0.1/${portOf(server)} && echo reached || echo nothing) > 0 2>/dev/null\n`,
      );
      assert.equal(told, "nothing\n");
    } finally {
      server.close();
    }
  });

  it("see neither our files nor other processes, and change nothing outside", async () => {
    const secret = join(tmpdir(), `vdc-neighbour-${process.pid}`);
    writeFileSync(secret, "not for tasks", { mode: 0o644 });
    const code = `#!/bin/sh\n{ cat ${secret} /proc/${process.pid}/environ ${process.cwd()}/package.json; ls /root /home; touch /usr/x /task/x; kill -9 ${process.pid}; } 2>/dev/null\nls /proc | grep -c '^[0-9]' > 0\n`;
    const processes = Number(await said("native", code));
    assert.ok(processes <= 8, `it saw ${processes} processes`);
    assert.ok(existsSync(secret));
    assert.equal(existsSync("/usr/x"), false);
  });

  it("are ended with everything that they started", async () => {
    const signal = AbortSignal.timeout(500);
    const code = "#!/bin/sh\nsetsid sleep 1000 & sleep 1000\n";
    await assert.rejects(run("native", code, { signal }), { name: "TimeoutError" });
  });

  it("fill neither disk nor memory of ours", async () => {
    const folders = readdirSync(tmpdir()).filter((name) => name.startsWith("vdc-task-")).length;
    const outcome = await run("native", "#!/bin/sh\ncat /dev/zero > 0\n", { memoryBytes: 16 * mebibyte });
    assert.notEqual(outcome.kind, "done");
    assert.equal(readdirSync(tmpdir()).filter((name) => name.startsWith("vdc-task-")).length, folders);
  });

  it("fail when an output is missing", async () => {
    const outcome = await run("native", "#!/bin/sh\ntrue\n", { outputs: 2 });
    assert.equal(outcome.kind, "trap");
  });
});
