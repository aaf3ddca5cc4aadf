import type { SignedManifest } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import { burstJobRoutes } from "#api/routes/burst-jobs.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import type { BuiltKernels } from "#cli/kernel-ports.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print } from "#cli/output/print.ts";
import { bytesText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc kernels build FOLDER`: what it would be, and whether a worker would take it. */
export async function kernelsBuild(call: Call): Promise<void> {
  const built = await buildOf(call);
  await print(call, factsOf(built), () => textOf(built));
}

/** `vdc kernels keygen FILE`. */
export async function kernelsKeygen(call: Call): Promise<void> {
  const [file] = call.words;
  if (file === undefined || file === "") throw new UsageError("the name of the key's file is missing");
  const publicKey = await (await call.io.ports()).kernelTools.keygen(file);
  await print(call, { publicKey }, () => `${publicKey}\n`);
}

/** `vdc kernels push FOLDER`: signs it, or has the data center sign it; sends the files, and has the data center admit it. */
export async function kernelsPush(call: Call): Promise<void> {
  const keyFile = call.flags.text("key");
  const built = await buildOf(call);
  await withSession(call, async (session) => {
    const { client } = session;
    const project = projectOf(call);
    const { signal } = call.io;
    const signed = keyFile === undefined ? await signedThere(session, built) : await built.sign(keyFile);
    for (const { name, bytes } of built.files) {
      const file = new Blob([new Uint8Array(bytes)]).stream();
      await client.call(burstJobRoutes["burst.put-file"], { params: { project }, file, signal });
      call.io.stderr(`${harmlessLine(name)} sent, ${bytesText(bytes.length)}\n`);
    }
    const answer = await client.call(burstJobRoutes["burst.admit"], {
      params: { project },
      body: { ...signed, allowOlder: call.flags.has("allowOlder") },
      signal,
    });
    await print(call, { ...factsOf(built), package: answer.package }, () => `${answer.package}\n`);
  });
}

/** By the data center's own key, which owners alone may use. */
async function signedThere({ client, io }: Session, { manifest }: BuiltKernels): Promise<SignedManifest> {
  try {
    return await client.call(burstJobRoutes["burst.sign"], { body: { manifest }, signal: io.signal });
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "forbidden")) throw error;
    throw new VdcError("forbidden", "Only an owner has the data center sign: sign with a key of your own.", {
      cause: error,
      extra: {
        remedy:
          "`vdc kernels keygen FILE` makes a key, an admin of the project trusts it (`vdc kernels trust add`), and --key FILE signs.",
      },
    });
  }
}

async function buildOf(call: Call): Promise<BuiltKernels> {
  const [folder] = call.words;
  if (folder === undefined || folder === "") throw new UsageError("the folder of the kernels is missing");
  return await (await call.io.ports()).kernelTools.build(folder);
}

function factsOf({ hash, name, version, functions, files }: BuiltKernels): object {
  const named = files.map(({ name: file, sha256, bytes }) => ({ name: file, sha256, bytes: bytes.length }));
  return { package: hash, name, version, functions, files: named };
}

function textOf({ hash, name, version, functions, files }: BuiltKernels): string {
  const lines = [
    `${hash}  ${name} ${version}`,
    ...files.map(({ name: file, bytes }) => `  ${file}  ${bytesText(bytes.length)}`),
    `functions  ${functions.join(", ")}`,
  ];
  return `${lines.map(harmlessLine).join("\n")}\n`;
}
