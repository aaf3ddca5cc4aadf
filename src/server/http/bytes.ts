import type { FastifyReply } from "fastify";
import { VdcError } from "#api/errors.ts";
import type { Bytes } from "../handler.ts";

/**
 * The media types that are answered, and how: pictures are shown, all else is kept. A file of another type is not
 * answered at all, however it came into the data center.
 */
const shown: Readonly<Record<string, { readonly extension: string; readonly inline: boolean }>> = {
  "image/png": { extension: "png", inline: true },
  "image/jpeg": { extension: "jpg", inline: true },
  "image/webp": { extension: "webp", inline: true },
  "image/avif": { extension: "avif", inline: true },
  "image/gif": { extension: "gif", inline: true },
  // An <img> shows it whatever this says; opened by itself it would be a document that runs scripts.
  "image/svg+xml": { extension: "svg", inline: false },
  "text/plain": { extension: "txt", inline: false },
  "text/markdown": { extension: "md", inline: false },
  "application/json": { extension: "json", inline: false },
  // Files of kernel packages: programs read them, browsers keep them.
  "application/octet-stream": { extension: "bin", inline: false },
  "application/vnd.cyclonedx+json": { extension: "cdx.json", inline: false },
};

/**
 * Answers with a file that came from outside, such as a package's icon. Invariant: nothing in it runs with the
 * console's origin: its type is one of a list and not guessed, and as a document it lives in a sandbox.
 */
export function answerBytes({ mediaType, bytes }: Bytes, reply: FastifyReply): FastifyReply {
  const type = mediaType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const how = Object.hasOwn(shown, type) ? shown[type] : undefined;
  if (how === undefined)
    throw new VdcError("not-found", `Files of the type '${type.slice(0, 100)}' are not shown.`);
  return reply
    .headers({
      "content-type": type.startsWith("text/") ? `${type}; charset=utf-8` : type,
      "content-disposition": how.inline ? "inline" : `attachment; filename="file.${how.extension}"`,
      "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
      "cache-control": "private, max-age=31536000, immutable",
    })
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
