import { connect } from "node:net";
import type { StatusService } from "#incidents/service.ts";
import { Prober, probeEveryMs, type ProbeTarget } from "#incidents/probe.ts";
import { assert } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import { systemClock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { newSecret, systemRandom } from "#lib/random.ts";
import { signRequest, type SigningCredentials } from "#objects/s3/auth/sign.ts";
import { canaryProject } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import { CatalogConnection } from "#objects/wire/client.ts";

const bucket = "vdc-canary";
/** Credentials are made anew before they end. */
const keyLifeMs = 24 * 3_600_000;
const answerMaxBytes = 64 * 1024;

export interface ProbedStore {
  readonly catalogSocket: string;
  readonly endpoint: string;
  readonly region: string;
}

/** Sends the canary round for as long as the process lives, and reports like any other source. */
export function startProbe(store: ProbedStore, service: StatusService, log: Log): Disposable {
  const stopping = new AbortController();
  const { signal } = stopping;
  const credentials = new ProbeCredentials(store, log);
  const run = async () => {
    const target = probeTarget(store, () => credentials.current());
    const onFailure = (step: string, error: unknown) => log.warn("status.probe.failed", { step, error });
    const prober = new Prober({ target, clock: systemClock, random: systemRandom, onFailure });
    while (!signal.aborted) {
      if (await credentials.ready(signal)) await prober.round(signal);
      service.report({ from: "prober", signals: [...prober.signals()] });
      await systemClock.sleep(probeEveryMs, signal).catch(() => undefined); // it is stopping
    }
  };
  background(run(), "status.probe", log);
  return {
    [Symbol.dispose]: () => {
      stopping.abort();
      credentials.close();
    },
  };
}

/** A key of this process alone, for a bucket of its own. It lies nowhere but in the catalog, and ends by itself. */
class ProbeCredentials {
  readonly #store: ProbedStore;
  readonly #log: Log;
  readonly #connection: CatalogConnection;
  #key: (SigningCredentials & { readonly expiresAt: number }) | undefined;

  constructor(store: ProbedStore, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#connection = new CatalogConnection({
      name: "status",
      connect: () => connect(store.catalogSocket),
      clock: systemClock,
      random: systemRandom,
      later: setImmediate,
    });
  }

  /** Whether there are credentials. Without them nothing can be probed: that the catalog is away is told by its silence. */
  async ready(signal: AbortSignal): Promise<boolean> {
    const now = systemClock.now();
    if (this.#key !== undefined && this.#key.expiresAt - now > keyLifeMs / 2) return true;
    try {
      this.#key = await this.#make(now, signal);
    } catch (error) {
      if (!signal.aborted) this.#log.warn("status.probe.waits", { error });
    }
    return this.#key !== undefined;
  }

  current(): SigningCredentials {
    assert(this.#key !== undefined, "it is asked for when it is ready");
    return this.#key;
  }

  close(): void {
    this.#connection.close();
  }

  async #make(now: number, signal: AbortSignal) {
    const catalog = this.#connection.catalog({ signal, withinMs: 5_000 });
    const accessKeyId = `VDCPROBE${Buffer.from(systemRandom.bytes(6)).toString("hex").toUpperCase()}`;
    const secretAccessKey = newSecret(systemRandom);
    const expiresAt = now + keyLifeMs;
    const scope = { buckets: [bucket], access: "full" } as const;
    const key = {
      accessKeyId,
      secretAccessKey,
      owner: "system",
      project: canaryProject,
      scope,
      createdAt: now,
      expiresAt,
    };
    await catalog.putKey({ key });
    const made = { name: bucket, project: canaryProject, versioning: "off", acl: "private" } as const;
    await catalog.createBucket({ callId: newSecret(systemRandom), bucket: made }).catch((error: unknown) => {
      if (!(error instanceof S3Error) || error.code !== "BucketAlreadyOwnedByYou") throw error;
    });
    return { accessKeyId, secretAccessKey, region: this.#store.region, expiresAt };
  }
}

/** Plain HTTP with a signature, as any client sends it. */
function probeTarget({ endpoint }: ProbedStore, credentials: () => SigningCredentials): ProbeTarget {
  const { host } = new URL(endpoint);
  const call = async (
    method: string,
    request: {
      readonly key?: string;
      readonly query?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
    },
    signal: AbortSignal,
  ): Promise<Buffer> => {
    const { key, query = {}, body = new Uint8Array() } = request;
    const path = key === undefined ? `/${bucket}` : `/${bucket}/${key}`;
    const signed = signRequest({ method, host, path, query }, credentials(), {
      now: systemClock.now(),
      payload: body,
    });
    const { host: _, ...headers } = signed.headers;
    const sent = method === "PUT" ? { body: Buffer.from(body) } : {};
    const answer = await fetch(new URL(signed.target, endpoint), { method, headers, signal, ...sent });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (!answer.ok || bytes.length > answerMaxBytes)
      throw new Error(`${method} was answered with ${answer.status}`);
    return bytes;
  };
  return {
    put: async (key, body, signal) => void (await call("PUT", { key, body }, signal)),
    get: async (key, signal) => await call("GET", { key }, signal),
    list: async (prefix, signal) => {
      const xml = (await call("GET", { query: { "list-type": "2", prefix } }, signal)).toString();
      return [...xml.matchAll(/<Key>([\w/]+)<\/Key>/g)].map(([, key = ""]) => key);
    },
    remove: async (key, signal) => void (await call("DELETE", { key }, signal)),
  };
}
