import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { VdcError } from "#api/errors.ts";
import { configPath } from "#cli/contexts/config.ts";
import type { CliObjectFiles, TreeFile } from "#cli/object-ports.ts";
import type { Session } from "#cli/session.ts";
import { forEachAtOnce } from "./at-once.ts";
import { md5, partBytes } from "./etag.ts";
import { elementOf, unescapedXml, type Exchange } from "./exchange.ts";
import { contentTypeOf } from "./content-type.ts";
import type { ObjectTarget } from "./target.ts";

interface PutFile {
  readonly session: Session;
  readonly exchange: Exchange;
  readonly files: CliObjectFiles;
  readonly file: TreeFile;
  readonly target: ObjectTarget;
  readonly signal: AbortSignal;
  /** Called with bytes that have arrived. */
  readonly moved: (bytes: number) => void;
}

const maxUploadFileBytes = 4_096;
const partsMax = 10_000;
const listedParts = 1_000;

/** Sends one file; a large one in parts, and those that arrived before an interruption are not sent again. */
export async function putFile(put: PutFile): Promise<void> {
  const { file } = put;
  if (file.sizeBytes <= partBytes) return await putWhole(put);
  if (Math.ceil(file.sizeBytes / partBytes) > partsMax)
    throw new VdcError("too-large", `${file.path} is larger than ${partsMax} parts of 16 MiB.`);
  await putParts(put);
}

async function putWhole({ exchange, files, file, target, signal, moved }: PutFile): Promise<void> {
  const body = await files.read(file.path, 0, file.sizeBytes);
  const headers = () => ({
    "content-type": contentTypeOf(target.key),
    "content-md5": md5(body).toString("base64"),
  });
  const item = { operation: "put" as const, key: target.key };
  await exchange.send(target, item, "write", { method: "PUT", headers, body, signal }, drained);
  moved(body.length);
}

async function putParts(put: PutFile): Promise<void> {
  const { exchange, files, file, target, signal, moved } = put;
  const memory = uploadMemory(put);
  const begun = await resumed(put, await memory.read());
  const uploadId = begun?.uploadId ?? (await createUpload(put));
  if (begun === undefined) await memory.write(uploadId);
  const count = Math.ceil(file.sizeBytes / partBytes);
  const etags = new Map<number, string>();
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  await forEachAtOnce(
    numbers,
    async (partNumber, both) => {
      const start = (partNumber - 1) * partBytes;
      const body = await files.read(file.path, start, Math.min(file.sizeBytes, start + partBytes));
      const digest = md5(body);
      // What arrived before is compared with what the file holds now.
      if (begun?.etags.get(partNumber) !== digest.toString("hex")) {
        const item = { operation: "upload-part" as const, key: target.key, uploadId, partNumber };
        const headers = () => ({ "content-md5": digest.toString("base64") });
        await exchange.send(target, item, "write", { method: "PUT", headers, body, signal: both }, drained);
      }
      etags.set(partNumber, digest.toString("hex"));
      moved(body.length);
    },
    signal,
  );
  await complete(
    put,
    uploadId,
    numbers.map((number) => [number, etags.get(number) ?? ""] as const),
  );
  await memory.forget();
}

async function createUpload({ exchange, target, signal }: PutFile): Promise<string> {
  const item = { operation: "create-upload" as const, key: target.key };
  const headers = () => ({ "content-type": contentTypeOf(target.key) });
  const request = { method: "POST", headers, body: new Uint8Array(), signal };
  const xml = await exchange.send(target, item, "write", request, async (response) => await response.text());
  const uploadId = elementOf(xml, "UploadId");
  if (uploadId === undefined) throw new VdcError("fault", "The S3 service began an upload without an id.");
  return uploadId;
}

async function complete(
  { exchange, target, signal }: PutFile,
  uploadId: string,
  parts: readonly (readonly [number, string])[],
): Promise<void> {
  const listed = parts.map(
    ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  );
  const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join("")}</CompleteMultipartUpload>`;
  const item = { operation: "complete-upload" as const, key: target.key, uploadId };
  const headers = () => ({ "content-type": "application/xml" });
  const request = { method: "POST", headers, body: Buffer.from(xml), signal };
  const answer = await exchange.send(
    target,
    item,
    "write",
    request,
    async (response) => await response.text(),
  );
  // S3 may answer 200 before it is done, and an error in the body then.
  if (answer.includes("<Error>"))
    throw new VdcError(
      "unavailable",
      `${elementOf(answer, "Code") ?? ""}: ${elementOf(answer, "Message") ?? ""}`,
    );
}

/** The parts of an upload that an earlier call began; undefined when it is gone. */
async function resumed(
  { exchange, target, signal }: PutFile,
  uploadId: string | undefined,
): Promise<{ readonly uploadId: string; readonly etags: ReadonlyMap<number, string> } | undefined> {
  if (uploadId === undefined) return undefined;
  const item = { operation: "list-parts" as const, key: target.key, uploadId };
  try {
    const request = { method: "GET", signal };
    const xml = await exchange.send(target, item, "read", request, async (response) => await response.text());
    return { uploadId, etags: partsOf(xml) };
  } catch (error) {
    if (error instanceof VdcError && error.code === "not-found") return undefined;
    throw error;
  }
}

/** Of one page: parts beyond it are sent again, which costs time and harms nothing. */
function partsOf(xml: string): ReadonlyMap<number, string> {
  const etags = new Map<number, string>();
  for (const [, part = ""] of xml.matchAll(/<Part>(.*?)<\/Part>/gs)) {
    const number = Number(elementOf(part, "PartNumber"));
    const etag = unescapedXml(elementOf(part, "ETag") ?? "").replaceAll('"', "");
    if (etags.size < listedParts) etags.set(number, etag);
  }
  return etags;
}

/** Which upload was begun for this file and key, in a file beside the configuration: the next call goes on with it. */
function uploadMemory({ session, files, file, target }: PutFile) {
  const { io, ports } = session;
  const about = JSON.stringify([session.where, target, file.path, file.sizeBytes]);
  const name = createHash("sha256").update(about).digest("hex");
  const path = join(dirname(configPath(io, ports)), "uploads", name);
  return {
    read: async () => (await ports.files.readText(path, maxUploadFileBytes))?.text.trim(),
    write: async (uploadId: string) => await ports.files.writePrivateText(path, `${uploadId}\n`),
    forget: async () => await files.remove(path),
  };
}

/** The connection can be used again when its answer was read. */
async function drained(response: Response): Promise<void> {
  await response.arrayBuffer();
}
