import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { systemClock } from "#lib/clock.ts";
import { signRequest, type SigningCredentials } from "#objects/s3/auth/sign.ts";

/** Longer than anything is held inside: what takes longer is broken. */
const answerWithinMs = 60_000;

export interface S3Call {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly bucket: string;
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly range?: string;
  readonly body?: Buffer;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A client that signs and sends, on one connection that it keeps. It tries nothing again and knows nothing better. */
export class PlainS3 implements Disposable {
  readonly #port: number;
  readonly #credentials: SigningCredentials;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(port: number, credentials: SigningCredentials) {
    this.#port = port;
    this.#credentials = credentials;
  }

  /** Any answer, whatever it says. Rejects when the connection breaks. */
  async call({ method, bucket, key, query = {}, range, body }: S3Call): Promise<S3Answer> {
    const host = `127.0.0.1:${this.#port}`;
    const path = key === undefined ? `/${bucket}` : `/${bucket}/${key}`;
    const signed = signRequest(
      { method, host, path, query, ...(range === undefined ? {} : { headers: { range } }) },
      this.#credentials,
      { now: systemClock.now(), payload: body ?? { form: "UNSIGNED-PAYLOAD" } },
    );
    const headers = { ...signed.headers, "content-length": body?.length ?? 0 };
    return await new Promise((resolve, reject) => {
      const sent = request(
        { host: "127.0.0.1", port: this.#port, method, path: signed.target, headers, agent: this.#agent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      sent.setTimeout(answerWithinMs, () => sent.destroy(new Error(`no byte within ${answerWithinMs} ms`)));
      sent.on("error", reject).end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
