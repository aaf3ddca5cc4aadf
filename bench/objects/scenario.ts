import { randomFillSync } from "node:crypto";
import { waitFor } from "#test/support/wait-for.ts";
import { S3Connection } from "./s3-connection.ts";
import type { S3Answer } from "./answer-parser.ts";
import type { S3Request, S3Target } from "./s3-target.ts";

export const mebibyte = 1024 ** 2;
const largeBytes = 16 * mebibyte;
const smallBytes = 4096;
/** Large objects are written over one another, so that the disk does not fill. */
const largeObjects = 32;
const listPage = "1000";

export interface Scenario {
  readonly name: string;
  readonly unit: string;
  readonly clients: number;
  /** One request; gives how many units it was. Throws when the answer is not what it must be. */
  readonly call: (client: S3Connection, number: number, sequence: number) => Promise<number>;
}

const large = randomFillSync(Buffer.alloc(largeBytes));
const small = large.subarray(0, smallBytes);

/** What each service holds before it is measured: `keyCount` small objects and a few large ones. */
export async function prepare(target: S3Target, keyCount: number): Promise<void> {
  using first = new S3Connection(target);
  await waitFor(
    async () => {
      const answer = await first.send({ method: "GET", path: "/" });
      return answer.status === 200 || undefined;
    },
    { withinMs: 60_000, what: "the service, which listens, serves" },
  );
  for (const bucket of ["bench-small", "bench-large", "bench-new"])
    expect(await first.send({ method: "PUT", path: `/${bucket}` }), 200);
  for (let number = 0; number < largeObjects; number += 1) await put(first, largePath(number), large);
  let next = 0;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      using connection = new S3Connection(target);
      for (let number = next++; number < keyCount; number = next++)
        await put(connection, smallPath(number), small);
    }),
  );
}

/** `run` differs from call to call, so that "new" keys are new. */
export function scenarios(keyCount: number, run: () => string): readonly Scenario[] {
  const random = () => Math.floor(Math.random() * keyCount);
  const putSmall = async (client: S3Connection, number: number, sequence: number) => {
    await put(client, `/bench-new/${run()}/${number}/${sequence}`, small);
    return 1;
  };
  const getSmall = async (client: S3Connection) => await get(client, smallPath(random()), smallBytes);
  const pages = new WeakMap<S3Connection, string>();
  return [
    {
      name: "PUT 16 MiB",
      unit: "MiB",
      clients: 8,
      call: async (client, number, sequence) => {
        await put(client, largePath((number + sequence * 8) % largeObjects), large);
        return largeBytes / mebibyte;
      },
    },
    {
      name: "GET 16 MiB",
      unit: "MiB",
      clients: 8,
      call: async (client, number, sequence) => {
        await get(client, largePath((number + sequence * 8) % largeObjects), largeBytes);
        return largeBytes / mebibyte;
      },
    },
    { name: "PUT 4 KiB", unit: "request", clients: 32, call: putSmall },
    { name: "GET 4 KiB", unit: "request", clients: 32, call: getSmall },
    { name: "PUT 4 KiB", unit: "request", clients: 1, call: putSmall },
    { name: "GET 4 KiB", unit: "request", clients: 1, call: getSmall },
    {
      name: `LIST of ${keyCount} keys in pages of ${listPage}`,
      unit: "key",
      clients: 2,
      call: async (client) => await listNext(client, pages),
    },
  ];
}

/** The next page of the walk that this client is on; after the last, the first. */
async function listNext(client: S3Connection, pages: WeakMap<S3Connection, string>): Promise<number> {
  const token = pages.get(client);
  const query = {
    "list-type": "2",
    "max-keys": listPage,
    ...(token === undefined ? {} : { "continuation-token": token }),
  };
  const request: S3Request = { method: "GET", path: "/bench-small", query };
  const { body } = expect(await client.send(request, { keepBody: true }), 200);
  let keys = 0;
  for (let at = body.indexOf("<Key>"); at >= 0; at = body.indexOf("<Key>", at + 5)) keys += 1;
  // MinIO's last page can be an empty one.
  if (keys === 0 && token === undefined) throw new Error("a page of the list is empty");
  const text = body.toString("latin1");
  const next = /<NextContinuationToken>([^<]+)</.exec(text)?.[1]?.replaceAll("&amp;", "&");
  if (next === undefined) pages.delete(client);
  else pages.set(client, next);
  return keys;
}

async function put(client: S3Connection, path: string, body: Buffer): Promise<void> {
  expect(await client.send({ method: "PUT", path, body }), 200);
}

async function get(client: S3Connection, path: string, length: number): Promise<number> {
  const answer = expect(await client.send({ method: "GET", path }), 200);
  if (answer.length !== length) throw new Error(`${path} has ${answer.length} bytes instead of ${length}`);
  return 1;
}

/** Every service must give back what was put into it, or its figures are worth nothing. */
export async function verify(target: S3Target): Promise<void> {
  using connection = new S3Connection(target);
  for (const [path, content] of [
    [largePath(0), large],
    [smallPath(0), small],
  ] as const) {
    const { body } = expect(await connection.send({ method: "GET", path }, { keepBody: true }), 200);
    if (!body.equals(content)) throw new Error(`${path} is not what was put`);
  }
}

function expect(answer: S3Answer, status: number): S3Answer {
  if (answer.status === status) return answer;
  throw new Error(`answered ${answer.head.split("\r\n")[0]}: ${answer.body.toString("utf8").slice(0, 500)}`);
}

function largePath(number: number): string {
  return `/bench-large/large-${number}`;
}

function smallPath(number: number): string {
  return `/bench-small/folder-${String(number % 100).padStart(2, "0")}/object-${String(number).padStart(8, "0")}`;
}
