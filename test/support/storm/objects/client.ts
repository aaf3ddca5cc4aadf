import { systemClock } from "#lib/clock.ts";
import { anyBody, bytesOf, type Body } from "./bodies.ts";
import type { PlainS3, S3Answer, S3Call } from "./plain-s3.ts";
import type { Kind, ObjectTally } from "./tally.ts";

/** Names that one client uses. */
const keysEach = 10;
/** Between two requests, so that latency is that of the store and not of a queue for the machine. */
const pauseMs = 15;
const partBytes = 5 * 1024 * 1024;
const uploadEvery = 40;

/** One of several that an object may hold: more than one after a write that was not answered. `absent`: it may not be there. */
type Possible = readonly (Body | "absent")[];
const nothing: Possible = ["absent"];

/**
 * One client with names of its own: whatever it was answered is the truth about them, and every later answer is compared with it. Never stops at a failure.
 */
export class StormClient {
  readonly #s3: PlainS3;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #tally: ObjectTally;
  readonly #kept = new Map<string, Possible>();
  #checks: PromiseWithResolvers<void>[] = [];
  #turn = 0;

  constructor(
    s3: PlainS3,
    options: { readonly bucket: string; readonly prefix: string; readonly tally: ObjectTally },
  ) {
    this.#s3 = s3;
    this.#bucket = options.bucket;
    this.#prefix = options.prefix;
    this.#tally = options.tally;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#step();
      for (const check of this.#checks.splice(0)) await this.#checkAll().then(check.resolve, check.reject);
      await systemClock.sleep(pauseMs);
    }
    for (const check of this.#checks.splice(0)) check.resolve();
  }

  /** Resolves when everything that was acknowledged was read and compared; failures are in the tally. */
  async check(): Promise<void> {
    const check = Promise.withResolvers<void>();
    this.#checks.push(check);
    await check.promise;
  }

  async #step(): Promise<void> {
    this.#turn += 1;
    const key = `${this.#prefix}${Math.floor(Math.random() * keysEach)}`;
    const isThere = this.#possible(key).some((body) => body !== "absent");
    const lot = Math.random();
    if (this.#turn % uploadEvery === 0) await this.#upload(key);
    else if (!isThere || lot < 0.15) await this.#put(key, anyBody(Math.floor(Math.random() ** 2 * 100_000)));
    else if (lot < 0.25) await this.#put(key, anyBody(150_000 + Math.floor(Math.random() ** 2 * 2_500_000)));
    else if (lot < 0.7) await this.#get(key, "read");
    else if (lot < 0.85) await this.#range(key);
    else if (lot < 0.93) await this.#list();
    else await this.#remove(key);
  }

  async #put(key: string, body: Body): Promise<void> {
    await this.#change(key, body, async () => {
      await this.#ask("write", 200, { method: "PUT", bucket: this.#bucket, key, body: bytesOf(body) });
    });
  }

  async #upload(key: string): Promise<void> {
    const body = anyBody(partBytes + Math.floor(Math.random() * 1_000_000));
    await this.#change(key, body, async () => {
      const call = { bucket: this.#bucket, key } as const;
      const begun = await this.#ask("other", 200, { ...call, method: "POST", query: { uploads: "" } });
      const uploadId = inner(begun, "UploadId");
      const parts: string[] = [];
      for (const [index, piece] of [
        bytesOf(body).subarray(0, partBytes),
        bytesOf(body).subarray(partBytes),
      ].entries()) {
        const query = { partNumber: String(index + 1), uploadId };
        const part = await this.#ask("write", 200, { ...call, method: "PUT", query, body: piece });
        parts.push(`<Part><PartNumber>${index + 1}</PartNumber><ETag>${part.headers.etag}</ETag></Part>`);
      }
      const xml = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
      const done = await this.#ask("other", 200, { ...call, method: "POST", query: { uploadId }, body: xml });
      inner(done, "ETag"); // an error may hide behind the status 200
    });
  }

  async #remove(key: string): Promise<void> {
    await this.#change(key, "absent", async () => {
      await this.#ask("other", 204, { method: "DELETE", bucket: this.#bucket, key });
    });
  }

  async #get(key: string, kind: Kind): Promise<void> {
    await this.#quietly(async () => {
      const possible = this.#possible(key);
      const found = await this.#send(kind, { method: "GET", bucket: this.#bucket, key });
      if (found.status !== 404 && found.status !== 200) throw refused("GET", found);
      const isSame = (body: Body | "absent") =>
        body === "absent" ? found.status === 404 : found.status === 200 && found.body.equals(bytesOf(body));
      const same = possible.find(isSame);
      if (same === undefined)
        throw new Wrong(
          `GET of ${key} (${sizesOf(possible)}): ${found.status} with ${found.body.length} bytes`,
        );
      this.#kept.set(key, [same]);
    });
  }

  async #range(key: string): Promise<void> {
    const [body] = this.#possible(key);
    if (body === undefined || body === "absent" || body.size === 0 || this.#possible(key).length > 1) return;
    const from = Math.floor(Math.random() * body.size);
    const to = from + Math.floor(Math.random() * (body.size - from));
    await this.#quietly(async () => {
      const range = `bytes=${from}-${to}`;
      const found = await this.#ask("read", 206, { method: "GET", bucket: this.#bucket, key, range });
      if (!found.body.equals(bytesOf(body).subarray(from, to + 1)))
        throw new Wrong(`GET of ${range} of ${key}: other bytes (${found.body.length})`);
    });
  }

  async #list(): Promise<void> {
    await this.#quietly(async () => {
      const query = { "list-type": "2", prefix: this.#prefix };
      const { body } = await this.#ask("other", 200, { method: "GET", bucket: this.#bucket, query });
      const entries = body.toString().matchAll(/<Key>([^<]+)<\/Key>.*?<Size>(\d+)<\/Size>/gs);
      const listed = new Map([...entries].map(([, key = "", size]) => [key, Number(size)]));
      for (const key of new Set([...listed.keys(), ...this.#kept.keys()])) {
        const size = listed.get(key);
        const isPossible = this.#possible(key).some(
          (each) => (each === "absent" ? undefined : each.size) === size,
        );
        if (!isPossible)
          throw new Wrong(`LIST: ${key} is listed with ${size}, not ${sizesOf(this.#possible(key))}`);
      }
    });
  }

  async #checkAll(): Promise<void> {
    for (const key of this.#kept.keys()) await this.#get(key, "other");
    await this.#list();
  }

  /** After a failure either may be the case. */
  async #change(key: string, next: Body | "absent", run: () => Promise<void>): Promise<void> {
    const before = this.#possible(key);
    this.#kept.set(key, [...before, next]);
    await this.#quietly(async () => {
      await run();
      this.#kept.set(key, [next]);
    });
  }

  #possible(key: string): Possible {
    return this.#kept.get(key) ?? nothing;
  }

  async #ask(kind: Kind, status: number, call: S3Call): Promise<S3Answer> {
    const answer = await this.#send(kind, call);
    if (answer.status !== status) throw refused(`${call.method} ${call.key ?? call.bucket}`, answer);
    return answer;
  }

  async #send(kind: Kind, call: S3Call): Promise<S3Answer> {
    const startedAt = systemClock.monotonic();
    const answer = await this.#s3.call(call).catch((error: unknown) => {
      const after = Math.round(systemClock.monotonic() - startedAt);
      throw new Error(`${call.method} ${call.key ?? call.bucket} broke after ${after} ms: ${String(error)}`);
    });
    this.#tally.answered(kind, startedAt);
    return answer;
  }

  async #quietly(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const how = error instanceof Wrong ? "wrong" : error instanceof Refused ? "refused" : "broken";
      this.#tally.failed(how, error instanceof Error ? error.message : String(error));
    }
  }
}

class Wrong extends Error {}
class Refused extends Error {}

function refused(what: string, { status, body }: S3Answer): Refused {
  return new Refused(`${what}: status ${status} ${body.toString("latin1", 0, 300)}`);
}

function inner({ body }: S3Answer, element: string): string {
  const [, text] = new RegExp(`<${element}>([^<]+)</${element}>`).exec(body.toString()) ?? [];
  if (text === undefined) throw new Refused(`no ${element} in ${body.toString("latin1", 0, 300)}`);
  return text.replaceAll("&quot;", '"');
}

function sizesOf(possible: Possible): string {
  return possible.map((body) => (body === "absent" ? body : body.size)).join(" or ");
}
