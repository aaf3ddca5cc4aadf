import type { NotificationEndpoint } from "#api/objects.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import { confirmByName } from "#cli/confirm.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows } from "#cli/output/print.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc object-store endpoint list`. */
export async function endpointList(call: Call): Promise<void> {
  await withSession(call, async ({ client }) => {
    const { items } = await client.call(client.routes["object-store.endpoints"], { signal: call.io.signal });
    const headers = ["PROJECT", "ENDPOINT", "URL", "PRIVATE", "WAITING"];
    await printRows(call, { items }, { headers, rows: items.map(rowOf) }, "no endpoints");
  });
}

function rowOf({ project, name, url, allowPrivate, waiting }: NotificationEndpoint): readonly string[] {
  return [project, name, url, allowPrivate ? "allowed" : "", String(waiting)];
}

/** `vdc object-store endpoint put NAME URL`: the secret is shown this once. */
export async function endpointPut(call: Call): Promise<void> {
  const name = endpointOf(call);
  const url = call.words[1];
  if (url === undefined) throw new UsageError("the address is missing");
  await withSession(call, async ({ client }) => {
    const made = await client.call(client.routes["object-store.put-endpoint"], {
      params: { project: projectOf(call), name },
      body: { url, allowPrivate: call.flags.has("allowPrivate") },
      signal: call.io.signal,
    });
    await print(
      call,
      made,
      () => `arn     ${harmlessLine(made.arn)}\nsecret  ${harmlessLine(made.secret)}\n`,
    );
    call.io.stderr(
      "The receiver checks signatures with the secret (Standard Webhooks); it is shown this once.\n",
    );
  });
}

/** `vdc object-store endpoint remove NAME`. */
export async function endpointRemove(call: Call): Promise<void> {
  const name = endpointOf(call);
  await confirmByName(call, name, "Events that wait for this endpoint are dropped.");
  await withSession(call, async ({ client }) => {
    const params = { project: projectOf(call), name };
    const answer = await client.call(client.routes["object-store.remove-endpoint"], {
      params,
      signal: call.io.signal,
    });
    await print(call, answer, () => `endpoint/${name} removed\n`);
  });
}

function endpointOf(call: Call): string {
  const [name] = call.words;
  if (name === undefined) throw new UsageError("the name of the endpoint is missing");
  return name;
}
