import { crc32 } from "node:zlib";
import { canonicalJson, isJsonObject, type JsonObject } from "#lib/json.ts";

/** A small JSON document with a checksum of itself: `{"crc":…, "document":{…}}`. */
export function encodeCheckedJson(document: JsonObject): Buffer {
  const crc = crc32(canonicalJson(document));
  return Buffer.from(`${JSON.stringify({ crc, document }, undefined, 2)}\n`);
}

/** Undefined: it is torn, damaged or something else. */
export function decodeCheckedJson(bytes: Uint8Array): JsonObject | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
  if (!isJsonObject(read)) return undefined;
  const document = read["document"];
  if (!isJsonObject(document) || crc32(canonicalJson(document)) !== read["crc"]) return undefined;
  return document;
}
