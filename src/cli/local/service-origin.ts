import { InvalidArgumentError } from "commander";

/** Signatures are made for its host, and S3 has the whole path. */
export function serviceOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && `${url.origin}/` === url.href && /^https?:$/.test(url.protocol);
  if (!isPlain) throw new InvalidArgumentError("an address without a path, such as https://s3.example.org");
  return url.origin;
}
