import { createHmac, hash } from "node:crypto";

/** Where an S3 service listens, and who we are there. */
export interface S3Target {
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const region = "us-east-1";
const host = "127.0.0.1";

export interface S3Request {
  readonly method: "GET" | "PUT" | "DELETE";
  /** Of characters that need no encoding. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Writes heads of requests, signed with SigV4 by header and UNSIGNED-PAYLOAD, with as little work as that takes. */
export class HeadWriter {
  readonly #target: S3Target;
  #day = "";
  #signingKey: Uint8Array = Buffer.alloc(0);

  constructor(target: S3Target) {
    this.#target = target;
  }

  head({ method, path, query = {}, body }: S3Request): string {
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const day = time.slice(0, 8);
    if (day !== this.#day) this.#deriveKey(day);
    const address = `${host}:${this.#target.port}`;
    const search = Object.entries(query)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .toSorted()
      .join("&");
    const signed = "host;x-amz-content-sha256;x-amz-date";
    const canonical = `${method}\n${path}\n${search}\nhost:${address}\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:${time}\n\n${signed}\nUNSIGNED-PAYLOAD`;
    const scope = `${day}/${region}/s3/aws4_request`;
    const signature = createHmac("sha256", this.#signingKey)
      .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash("sha256", canonical)}`)
      .digest("hex");
    return [
      `${method} ${path}${search === "" ? "" : `?${search}`} HTTP/1.1`,
      `Host: ${address}`,
      `x-amz-date: ${time}`,
      "x-amz-content-sha256: UNSIGNED-PAYLOAD",
      `Authorization: AWS4-HMAC-SHA256 Credential=${this.#target.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
      ...(method === "PUT" ? [`Content-Length: ${body?.length ?? 0}`] : []),
      "\r\n",
    ].join("\r\n");
  }

  #deriveKey(day: string): void {
    const steps = [day, region, "s3", "aws4_request"];
    this.#signingKey = steps.reduce<Uint8Array>(
      (key, step) => createHmac("sha256", key).update(step).digest(),
      Buffer.from(`AWS4${this.#target.secretAccessKey}`),
    );
    this.#day = day;
  }
}
