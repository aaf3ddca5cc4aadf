import { S3Error } from "#objects/s3-error.ts";

/** How far a client's clock may be from ours. */
export const skewMaxMs = 15 * 60_000;
/** The longest life of a presigned address, in seconds: a week. */
export const presignedMaxSeconds = 604_800;

/** `20130524T000000Z` in milliseconds since 1970, or undefined when it is no such time. */
export function parseBasicTime(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  // Date.UTC rolls the 31st of February over into March.
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(time).getUTCDate() === day && year >= 1970 ? time : undefined;
}

export function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** When a request was signed, from its x-amz-date or Date header (IMF-fixdate or basic form). Throws AccessDenied when neither can be read. */
export function signedAt(headers: ReadonlyMap<string, string>): {
  readonly dateTime: string;
  readonly time: number;
} {
  const own = headers.get("x-amz-date");
  const text = own ?? headers.get("date") ?? "";
  const basic = parseBasicTime(text);
  if (basic !== undefined) return { dateTime: text, time: basic };
  // `-0000` is how RFC 5322 writes the time of no zone, and how some SDKs write Date.
  const time =
    own === undefined && /^[\x20-\x7e]{1,40} (GMT|-0000)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new S3Error("AccessDenied", "A signed request needs a valid Date or x-amz-date header.");
  return { dateTime: basicTime(time), time };
}

export function checkSkew(time: number, now: number): void {
  if (Math.abs(time - now) > skewMaxMs)
    throw new S3Error("RequestTimeTooSkewed", undefined, {
      details: {
        RequestTime: basicTime(time),
        ServerTime: new Date(now).toISOString(),
        MaxAllowedSkewMilliseconds: String(skewMaxMs),
      },
    });
}

/** Throws AccessDenied before a presigned address begins and after it has ended. */
export function checkPresignedLife(time: number, expires: number, now: number): void {
  if (time - now > skewMaxMs) throw new S3Error("AccessDenied", "The request is not yet valid.");
  if (now >= time + expires * 1000)
    throw new S3Error("AccessDenied", "The request has expired.", {
      details: {
        "X-Amz-Expires": String(expires),
        Expires: new Date(time + expires * 1000).toISOString(),
        ServerTime: new Date(now).toISOString(),
      },
    });
}
