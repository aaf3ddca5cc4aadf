import { AwsClient } from "aws4fetch";
import type { Settings } from "./settings.ts";

export type ObjectKind = "original" | "preview" | "result";
const folders = { original: "originals", preview: "previews", result: "results" } as const;

/** An address works so long: an import of a large folder asks for new ones as it goes. */
const addressSeconds = 3_600;
const withinMs = 15_000;

export interface Stored {
  readonly text: string;
  readonly etag: string;
}

/** The bucket of the albums. Everything of a user lies below `users/NAME/`, and names come from the data center, not from a request. */
export class Store {
  readonly #client: AwsClient;
  readonly #base: string;
  readonly #region: string;

  constructor({ s3 }: Settings) {
    const { accessKeyId, secretAccessKey, region } = s3;
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 2 });
    this.#base = new URL(`/${s3.bucket}`, s3.endpoint).href;
    this.#region = region;
  }

  keyOf(user: string, kind: ObjectKind, hash: string): string {
    return `users/${user}/${folders[kind]}/${hash}`;
  }

  /** An address at which a browser may do one thing with one object for a while. */
  async address(
    operation: "get" | "put",
    key: string,
    options: { readonly download?: string | undefined } = {},
  ): Promise<string> {
    const url = this.#url(key);
    url.searchParams.set("X-Amz-Expires", String(addressSeconds));
    if (options.download !== undefined)
      url.searchParams.set(
        "response-content-disposition",
        `attachment; filename*=UTF-8''${encodeURIComponent(options.download)}`,
      );
    const signed = await this.#client.sign(url.href, {
      method: operation.toUpperCase(),
      aws: { signQuery: true, region: this.#region },
    });
    return signed.url;
  }

  async read(key: string): Promise<Stored | undefined> {
    const answer = await this.#send("GET", key);
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`the bucket answered ${answer.status}`);
    return { text: await answer.text(), etag: answer.headers.get("etag") ?? "" };
  }

  /** The new ETag; undefined when `ifMatch` (or `*` for "nothing there yet" as `absent`) does not hold. */
  async write(
    key: string,
    text: string,
    condition: { readonly ifMatch?: string } = {},
  ): Promise<string | undefined> {
    const header =
      condition.ifMatch === undefined ? { "if-none-match": "*" } : { "if-match": condition.ifMatch };
    const answer = await this.#send("PUT", key, { "content-type": "application/json", ...header }, text);
    if (answer.status === 412 || answer.status === 409 || answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`the bucket answered ${answer.status}`);
    return answer.headers.get("etag") ?? "";
  }

  async remove(key: string): Promise<void> {
    const answer = await this.#send("DELETE", key);
    if (!answer.ok && answer.status !== 404) throw new Error(`the bucket answered ${answer.status}`);
  }

  async size(key: string): Promise<number | undefined> {
    const answer = await this.#send("HEAD", key);
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`the bucket answered ${answer.status}`);
    return Number(answer.headers.get("content-length"));
  }

  /** The object as a stream, for copying it elsewhere. */
  async open(key: string): Promise<Response> {
    return await this.#send("GET", key);
  }

  /** Keys below a prefix, at most a thousand. */
  async list(prefix: string): Promise<readonly string[]> {
    const url = new URL(this.#base);
    url.searchParams.set("list-type", "2");
    url.searchParams.set("prefix", prefix);
    const answer = await this.#client.fetch(url.href, { signal: AbortSignal.timeout(withinMs) });
    if (!answer.ok) throw new Error(`the bucket answered ${answer.status}`);
    const text = await answer.text();
    // Keys below our prefixes hold letters, digits, dots, hyphens and slashes: no entities to resolve.
    return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key]) => key ?? "");
  }

  async #send(
    method: string,
    key: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<Response> {
    const signal = AbortSignal.timeout(withinMs);
    const init = { method, headers: { ...headers }, signal, ...(body === undefined ? {} : { body }) };
    return await this.#client.fetch(this.#url(key).href, init);
  }

  #url(key: string): URL {
    return new URL(`${this.#base}/${key.split("/").map(encodeURIComponent).join("/")}`);
  }
}
