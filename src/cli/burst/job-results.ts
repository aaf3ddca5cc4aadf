import { createHash } from "node:crypto";
import { VdcError } from "#api/errors.ts";
import { burstJobRoutes } from "#api/routes/burst-jobs.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import { paramsOf } from "#cli/burst/jobs.ts";
import type { Call } from "#cli/declare.ts";
import type { CliPorts } from "#cli/ports.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { printRows } from "#cli/output/print.ts";
import { bytesText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";

interface Result {
  readonly name: string;
  readonly blob: string;
  readonly bytes: number;
}

/** Addresses are asked for so many results at once: they are good for some minutes only. */
const batch = 64;

/** `vdc job results ID`: lists those that are there, or with `--to` fetches them into a folder. */
export async function jobResults(call: Call): Promise<void> {
  const folder = call.flags.text("to");
  await withSession(call, async (session) => {
    const { items: results } = await session.client.call(burstJobRoutes["job.results"], {
      params: paramsOf(call),
      signal: call.io.signal,
    });
    if (folder === undefined) {
      const rows = results.map(({ name, bytes, blob }) => [name, bytesText(bytes), blob]);
      await printRows(
        call,
        { items: results },
        { headers: ["NAME", "SIZE", "SHA-256"], rows },
        "no results yet",
      );
      return;
    }
    for (let at = 0; at < results.length; at += batch)
      await fetchAll(call, session, folder, results.slice(at, at + batch));
  });
}

async function fetchAll(
  call: Call,
  session: Session,
  folder: string,
  results: readonly Result[],
): Promise<void> {
  const { client, io, ports } = session;
  const { get } = await client.call(burstJobRoutes["burst.blobs"], {
    params: { project: projectOf(call) },
    body: { get: [...new Set(results.map(({ blob }) => blob))] },
    signal: io.signal,
  });
  const places = new Map(get.map((place) => [place.blob, place]));
  for (const result of results) {
    const place = places.get(result.blob);
    const path = `${folder}/${fileName(result.name)}`;
    if (place?.inline !== undefined) await keep(ports, path, result, [Buffer.from(place.inline, "base64")]);
    else if (place?.url !== undefined) await download(ports, place.url, path, result, io.signal);
    else throw new VdcError("not-found", `The result ${result.name} is no longer there.`);
    io.stdout(`${harmlessLine(path)}\n`);
  }
}

async function download(
  ports: CliPorts,
  url: string,
  path: string,
  result: Result,
  signal: AbortSignal,
): Promise<void> {
  const bound = ports.bind({ via: "address" });
  try {
    const response = await bound.fetch(url, { signal });
    if (!response.ok || response.body === null)
      throw new VdcError("unavailable", `The store answered with HTTP ${response.status}.`);
    await keep(ports, path, result, response.body);
  } finally {
    bound.close();
  }
}

/** Beside its place first; it is put there when it is what its hash says. */
async function keep(
  { objectFiles }: CliPorts,
  path: string,
  { name, blob }: Result,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const draft = `${path}.vdc-part`;
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await objectFiles.write(draft, 0, hashed());
  if (hash.digest("hex") === blob) return await objectFiles.rename(draft, path);
  await objectFiles.remove(draft);
  throw new VdcError(
    "conflict",
    `The result ${name} is not what its hash says; it was thrown away. Try again.`,
  );
}

/** A result's name is anybody's text: what could lead out of the folder becomes `_`. */
function fileName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_");
  return plain === "" ? "_" : plain;
}
