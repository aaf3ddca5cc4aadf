import { connect } from "node:net";
import { join } from "node:path";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { prepareDataDirectory } from "#main/data-directory.ts";
import { reserveObjectsPort } from "#main/supervisor/objects-port.ts";
import { version } from "#main/version.ts";
import { CatalogConnection } from "#objects/wire/client.ts";
import { superviseObjects } from "#test/support/objects-supervisor.ts";

/** What a person is given who may use the store: they type it into their client. */
export interface OwnStore extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const given = {
  region: "us-east-1",
  accessKeyId: "AKIACLIENTS000000001",
  secretAccessKey: "only/of+this=test",
} as const;

/** The processes of a store on three drives in `folder`, and one key to it. Names of buckets go below `s3.localhost`. */
export async function startOwnStore(folder: string): Promise<OwnStore> {
  const directory = prepareDataDirectory(folder);
  // As `vdc` does; a start without compiled code takes several times as long.
  process.env["NODE_COMPILE_CACHE"] ??= join(folder, "compiled");
  using reserved = await reserveObjectsPort({ count: 1, host: "127.0.0.1", port: 0, drives: [] }, directory);
  const { port } = reserved;
  const place = { host: "127.0.0.1", port, region: given.region, domains: ["s3.localhost"] };
  const supervisor = superviseObjects({ dataDirectory: folder, place, version });
  await supervisor.start();
  await putKey(directory.catalogSocket);
  const address = `127.0.0.1:${port}`;
  return {
    ...given,
    address,
    endpoint: `http://${address}`,
    [Symbol.asyncDispose]: async () => await supervisor.stop(),
  };
}

async function putKey(catalogSocket: string): Promise<void> {
  const control = new CatalogConnection({
    name: "control",
    connect: () => connect({ path: catalogSocket }),
    clock: systemClock,
    random: systemRandom,
    later: setImmediate,
  });
  const { accessKeyId, secretAccessKey } = given;
  const scope = { access: "full" } as const;
  await control.catalog().putKey({
    key: { accessKeyId, secretAccessKey, scope, owner: "system", project: "default", createdAt: 0 },
  });
  control.close();
}

/** By hand: `node own-store.ts FOLDER` keeps one until it is interrupted. */
if (import.meta.main) {
  const store = await startOwnStore(process.argv[2] ?? "");
  console.log(JSON.stringify(store));
  process.once("SIGINT", () => void store[Symbol.asyncDispose]());
}
