import type { IssuedKey } from "#api/objects.ts";
import { isoTime } from "#lib/clock.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import { confirmByName } from "#cli/confirm.ts";
import type { Call } from "#cli/declare.ts";
import { createOne, deleteOne, listKind, nameOf } from "#cli/objects/written.ts";
import { print } from "#cli/output/print.ts";
import { withSession, type Session } from "#cli/session.ts";

/** `vdc key list`. */
export async function keyList(call: Call): Promise<void> {
  await withSession(call, async (session) => await listKind(call, session, "key"));
}

/** `vdc key create NAME`: makes the key, and issues its first pair unless told otherwise. */
export async function keyCreate(call: Call): Promise<void> {
  const name = nameOf(call, "key");
  const { flags } = call;
  const buckets = flags.list("bucket");
  const prefix = flags.text("prefix");
  const access = flags.oneOf("access", ["read", "write", "full"] as const);
  const expiresMs = flags.durationMs("expires");
  await withSession(call, async (session) => {
    const made = await createOne(call, session, "key", name, {
      ...(buckets.length === 0 ? {} : { buckets: [...buckets] }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(access === undefined ? {} : { access }),
      ...(expiresMs === undefined ? {} : { expiresAt: isoTime(session.ports.clock.now() + expiresMs) }),
    });
    if (!flags.has("issue")) return await print(call, made, () => `key/${name} created\n`);
    call.io.stderr(`key/${name} created\n`);
    await printIssued(call, await issue(call, session, name, false));
  });
}

/** `vdc key issue NAME`. */
export async function keyIssue(call: Call): Promise<void> {
  const name = nameOf(call, "key");
  await withSession(call, async (session) => {
    const revokesOthers = call.flags.has("revokeOthers");
    if (revokesOthers) await confirmByName(call, name, "This ends every other pair of the key at once.");
    await printIssued(call, await issue(call, session, name, revokesOthers));
  });
}

async function issue(
  call: Call,
  { client }: Session,
  name: string,
  revokeOthers: boolean,
): Promise<IssuedKey> {
  return await client.call(client.routes["key.issue"], {
    params: { project: projectOf(call), name },
    body: { revokeOthers },
    signal: call.io.signal,
  });
}

/** In the form that shells and S3's tools read. */
async function printIssued(call: Call, issued: IssuedKey): Promise<void> {
  await print(call, issued, () =>
    [
      `AWS_ACCESS_KEY_ID=${issued.accessKeyId}`,
      `AWS_SECRET_ACCESS_KEY=${issued.secretAccessKey}`,
      `AWS_ENDPOINT_URL_S3=${issued.endpoint}`,
      `AWS_REGION=${issued.region}`,
    ]
      .map((line) => `${line}\n`)
      .join(""),
  );
  call.io.stderr("The secret is shown this once.\n");
}

/** `vdc key revoke NAME [ACCESS-KEY-ID]`. */
export async function keyRevoke(call: Call): Promise<void> {
  const name = nameOf(call, "key");
  const accessKeyId = call.words[1];
  const which = accessKeyId === undefined ? "every pair of the key" : `the pair ${accessKeyId}`;
  await confirmByName(call, name, `This ends ${which} at once.`);
  await withSession(call, async ({ client }) => {
    const key = await client.call(client.routes["key.revoke"], {
      params: { project: projectOf(call), name },
      body: accessKeyId === undefined ? {} : { accessKeyId },
      signal: call.io.signal,
    });
    await print(call, key, () => `key/${name} revoked\n`);
  });
}

/** `vdc key delete NAME`. */
export async function keyDelete(call: Call): Promise<void> {
  const what = "This deletes the key and ends its credentials at once.";
  await withSession(call, async (session) => await deleteOne(call, session, { kind: "key", what }));
}
