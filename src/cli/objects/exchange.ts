import type { z } from "zod";
import { VdcError } from "#api/errors.ts";
import type { presignItemSchema } from "#api/objects.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { CliFetch } from "#cli/ports.ts";
import type { Session } from "#cli/session.ts";
import type { ObjectTarget } from "./target.ts";

type Item = z.input<typeof presignItemSchema>;

/** An address that is asked for is used within minutes; one that is asked for again after a failure is new. */
const expiresSeconds = 3600;
const attempts = 5;
const backoff = { baseMs: 250, maxMs: 5_000 } as const;
const maxErrorBytes = 16_384;

/** Speaks with the S3 service by addresses that the data center signs; the CLI has no S3 credentials. */
export class Exchange {
  readonly #session: Session;
  readonly #bound: CliFetch;

  constructor(session: Session, bound: CliFetch) {
    this.#session = session;
    this.#bound = bound;
  }

  async urls(
    target: ObjectTarget,
    items: readonly Item[],
    may: "read" | "write",
  ): Promise<readonly string[]> {
    const { client, io } = this.#session;
    const route = may === "read" ? client.routes["bucket.read-urls"] : client.routes["bucket.write-urls"];
    const { urls } = await client.call(route, {
      params: { project: target.project, name: target.bucket },
      body: { items: [...items], expiresSeconds },
      signal: io.signal,
    });
    return urls;
  }

  /**
   * One request, sent again when the connection breaks or the service is busy: all of them can be done twice. `use` reads the answer, and is called
   * anew with each. Throws what S3 refused it with.
   */
  async send<T>(
    target: ObjectTarget,
    item: Item,
    may: "read" | "write",
    request: {
      readonly method: string;
      readonly headers?: () => Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
      readonly signal: AbortSignal;
    },
    use: (response: Response) => Promise<T>,
    mayRetry: () => boolean = () => true,
  ): Promise<T> {
    const { clock, random } = this.#session.ports;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const [url = ""] = await this.urls(target, [item], may);
        const response = await this.#once(url, request);
        if (response.ok) return await use(response);
        throw await refusalOf(response);
      } catch (error) {
        const isFinal =
          error instanceof VdcError && error.code !== "unavailable" && error.code !== "unreachable";
        if (isFinal || !mayRetry() || request.signal.aborted || attempt + 1 >= attempts) throw error;
        await clock.sleep(backoffMs(attempt, backoff, random), request.signal);
      }
    }
  }

  async #once(
    url: string,
    { method, headers, body, signal }: Parameters<Exchange["send"]>[3],
  ): Promise<Response> {
    const sent = headers?.() ?? {};
    // A copy's buffer belongs to it alone, which is what a Blob wants.
    const blob = body === undefined ? undefined : new Blob([new Uint8Array(body)]);
    try {
      return await this.#bound.fetch(url, {
        method,
        signal,
        headers: body === undefined ? sent : { ...sent, "content-length": String(body.length) },
        ...(blob === undefined ? {} : { body: blob }),
      });
    } catch (cause) {
      signal.throwIfAborted();
      throw new VdcError("unreachable", `The S3 service at ${new URL(url).host} does not answer.`, { cause });
    }
  }
}

/** S3's error document, of which people need code and message. */
async function refusalOf(response: Response): Promise<VdcError> {
  const text = (await response.text().catch(() => "")).slice(0, maxErrorBytes); // without its text the status says enough
  const code = elementOf(text, "Code") ?? String(response.status);
  const message = elementOf(text, "Message") ?? "The S3 service refused it.";
  if (response.status === 404) return new VdcError("not-found", `${code}: ${message}`);
  if (response.status === 412) return new VdcError("conflict", `${code}: ${message}`);
  if (response.status >= 500 || response.status === 429)
    return new VdcError("unavailable", `${code}: ${message}`);
  return new VdcError(response.status === 403 ? "forbidden" : "invalid", `${code}: ${message}`);
}

/** The text of the first element of that name, in a document that our own service wrote. */
export function elementOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return found === undefined ? undefined : unescapedXml(found);
}

export function unescapedXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|quot|apos|amp));/g,
    (_, hex, decimal, name) =>
      name === undefined
        ? String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16))
        : (named[String(name)] ?? ""),
  );
}
