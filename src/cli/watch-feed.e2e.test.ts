import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { projectKind } from "#api/kinds/project.ts";
import { cliWorld } from "#test/support/cli-call.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

let center: TestDataCenter;
before(async () => {
  center = await startDataCenter();
});
after(() => center.stop());

const apply = (name: string, title: string) => center.local.apply(projectKind, { name, spec: { title } });

test("a watch goes on where it was after every lost connection: no change missing, none twice", async () => {
  await using wire = await breakableWire(center.socketPath);
  using cli = cliWorld({ socketPath: wire.path });
  await apply("wired", "0");
  const watch = cli.start(["get", "project", "wired", "--watch", "--json"]);
  await watch.says('"listed"');
  for (let round = 1; round <= 3; round += 1) {
    await wire.cut();
    await apply("wired", `${round} while away`);
    await wire.mend();
    await watch.says(`"${round} while away"`);
    await apply("wired", `${round} while here`);
    await watch.says(`"${round} while here"`);
  }
  const { stdout, stderr } = await watch.stop();
  const shown = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { object: { revision: number; spec: { title: string } } }); // what the CLI printed as JSON
  const revisions = shown.map((line) => line.object.revision);
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].toSorted((a, b) => a - b),
  );
  const titles = shown.map((line) => line.object.spec.title);
  const distinct = titles.filter((title, at) => title !== titles[at - 1]);
  assert.deepEqual(distinct, ["0", ...[1, 2, 3].flatMap((n) => [`${n} while away`, `${n} while here`])]);
  assert.match(stderr, /connection lost; trying again/);
});

test("a watch that fell behind the compaction lists again and shows what is different", async () => {
  await using wire = await breakableWire(center.socketPath);
  using cli = cliWorld({ socketPath: wire.path });
  await apply("kept", "before");
  await apply("goes", "before");
  const watch = cli.start(["get", "projects", "--watch", "-o", "name"]);
  await watch.says("listed project/kept");
  await wire.cut();
  await apply("kept", "after");
  await center.local.delete(projectKind, { name: "goes" });
  await waitFor(
    () =>
      center.local.get(projectKind, { name: "goes" }).then(
        () => undefined,
        () => true,
      ),
    { withinMs: 10_000, what: "the project is gone" },
  );
  await center.plane.store.feed.compact({ keepMs: 0, keepChanges: 0, batch: 100_000 });
  await wire.mend();
  await watch.says("deleted project/goes");
  await watch.says("updated project/kept");
  assert.equal((await watch.stop()).status, 130);
});

test("a wait outlives a lost connection", async () => {
  await using wire = await breakableWire(center.socketPath);
  using cli = cliWorld({ socketPath: wire.path });
  await apply("waited", "first");
  const wait = cli.start(["wait", "project/waited", "--for=spec.title=second", "--timeout", "20s"]);
  await waitFor(() => (wire.carried().includes("GET /v1/watch") ? true : undefined), {
    withinMs: 10_000,
    what: "it watches",
  });
  await wire.cut();
  await apply("waited", "second");
  await wire.mend();
  const { status, stdout, stderr } = await wait.ended;
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "project/waited spec.title=second\n");
});

test("a watch that may not be is an error at once, not a loop", async () => {
  using cli = cliWorld({ socketPath: center.socketPath });
  const eve = await center.user("eve");
  const env = { VDC_URL: center.url, VDC_TOKEN: eve.token };
  const result = await cli.call(["get", "machines", "--watch"], { env });
  assert.equal(result.status, 3);
});

interface Wire extends AsyncDisposable {
  readonly path: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Everything that went towards the data center. */
  carried(): string;
}

/** A socket in front of the data center's that can be broken like a network. */
async function breakableWire(target: string): Promise<Wire> {
  const folder = mkdtempSync(join(tmpdir(), "vdc-wire-"));
  const path = join(folder, "s");
  const open = new Set<Socket>();
  let server: Server;
  let carried = "";
  const mend = async () => {
    server = createServer((near) => {
      const far = connect(target);
      for (const socket of [near, far]) {
        open.add(socket);
        socket.on("close", () => open.delete(socket)).on("error", () => undefined); // broken on purpose
      }
      near.on("data", (bytes: Buffer) => void (carried += bytes.toString("latin1")));
      near.pipe(far).pipe(near);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(path, resolve);
    await promise;
  };
  const cut = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    for (const socket of open) socket.destroy();
    await promise;
  };
  await mend();
  return {
    path,
    cut,
    mend,
    carried: () => carried,
    [Symbol.asyncDispose]: async () => {
      await cut();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
