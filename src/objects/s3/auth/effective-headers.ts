import { S3Error } from "#objects/s3-error.ts";
import type { Headers } from "./headers.ts";
import type { Target } from "./target.ts";

/** About the signature or the body of whoever made the address, not of who uses it (SDKs put the checksum of an empty body there). */
const notHoisted =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|content-sha256|checksum-.*|sdk-checksum-algorithm|trailer|decoded-content-length)$/;

/**
 * Headers as handlers see them: the x-amz-* parameters of a presigned address count as headers (SDKs move them there), and content-encoding is that of the
 * object, without `aws-chunked`.
 */
export function effectiveHeaders(headers: Headers, target: Target, presigned: boolean): Headers {
  const encoding = headers.get("content-encoding");
  const framed = encoding?.toLowerCase().includes("aws-chunked") === true;
  if (!presigned && !framed) return headers;
  const effective = new Map(headers);
  if (encoding !== undefined && framed) setEncoding(effective, encoding);
  if (presigned)
    for (const [name, value] of target.pairs) {
      const lower = name.toLowerCase();
      if (lower.startsWith("x-amz-") && !notHoisted.test(lower) && !effective.has(lower))
        effective.set(lower, headerText(name, value));
    }
  return effective;
}

/** UTF-8 as a header carries it, one character a byte. Throws InvalidArgument when it would break a header's line. */
export function headerText(name: string, value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    throw new S3Error("InvalidArgument", `${name} holds a control character.`);
  return Buffer.from(value, "utf8").toString("latin1");
}

function setEncoding(headers: Map<string, string>, encoding: string): void {
  const rest = encoding
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "" && one.toLowerCase() !== "aws-chunked");
  if (rest.length === 0) headers.delete("content-encoding");
  else headers.set("content-encoding", rest.join(","));
}
