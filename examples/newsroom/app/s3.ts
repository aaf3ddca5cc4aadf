import { createHash, createHmac } from "node:crypto";

/** The little of S3 that a newspaper needs, signed by hand (Signature Version 4): larger apps take a library. */
export interface Place {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where this copy's pictures are, from the variables that the data center gives; undefined without a bucket. */
export function placeFrom(env: Readonly<Record<string, string | undefined>>): Place | undefined {
  const { S3_ENDPOINT: endpoint, S3_REGION: region, S3_BUCKET_PICTURES: bucket } = env;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!endpoint || !region || !bucket || !accessKeyId || !secretAccessKey) return undefined;
  return { endpoint, region, bucket, accessKeyId, secretAccessKey };
}

const withinMs = 5_000;

/** Undefined when there is no such object. */
export async function getObject(
  place: Place,
  key: string,
): Promise<{ readonly type: string; readonly body: Buffer } | undefined> {
  const answer = await send(place, "GET", key);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`the bucket answered ${answer.status}`);
  const type = answer.headers.get("content-type") ?? "application/octet-stream";
  return { type, body: Buffer.from(await answer.arrayBuffer()) };
}

/** Puts an object where none is yet; what somebody else put there stays. */
export async function putIfAbsent(place: Place, key: string, type: string, body: string): Promise<void> {
  const answer = await send(place, "PUT", key, { "content-type": type, "if-none-match": "*" }, body);
  if (!answer.ok && answer.status !== 412) throw new Error(`the bucket answered ${answer.status}`);
}

async function send(
  { endpoint, region, bucket, accessKeyId, secretAccessKey }: Place,
  method: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<Response> {
  const url = new URL(`/${bucket}/${key}`, endpoint);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const hash = createHash("sha256").update(body).digest("hex");
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    "x-amz-content-sha256": hash,
    "x-amz-date": time,
  };
  const names = Object.keys(all).toSorted();
  const lines = names.map((name) => `${name}:${all[name]}\n`).join("");
  const signed = names.join(";");
  const request = [method, url.pathname, "", lines, signed, hash].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(request).digest("hex")].join(
    "\n",
  );
  let signing: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of [day, region, "s3", "aws4_request"])
    signing = createHmac("sha256", signing).update(part).digest();
  const signature = createHmac("sha256", signing).update(text).digest("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  const { host: _, ...sent } = all;
  return await fetch(url, {
    method,
    headers: { ...sent, authorization },
    signal: AbortSignal.timeout(withinMs),
    ...(method === "PUT" ? { body } : {}),
  });
}
