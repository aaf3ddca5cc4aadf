import { impactSchema, type Receipt } from "#api/incidents.ts";
import { VdcError } from "#api/errors.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { createOne, deleteOne, listKind, nameOf } from "#cli/objects/written.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc subscription list`. */
export async function subscriptionList(call: Call): Promise<void> {
  await withSession(call, async (session) => await listKind(call, session, "subscription"));
}

/** `vdc subscription create NAME`. */
export async function subscriptionCreate(call: Call): Promise<void> {
  const name = nameOf(call, "subscription");
  const { flags } = call;
  const email = flags.text("email");
  const url = flags.text("webhook");
  const secret = flags.text("secret");
  const minimumImpact = flags.oneOf("from", impactSchema.options);
  const description = flags.text("description");
  if ((email === undefined) === (url === undefined))
    throw new UsageError("where messages go is missing", "give either --email or --webhook");
  const spec = {
    ...(email === undefined ? {} : { email }),
    ...(url === undefined ? {} : { webhook: { url, ...(secret === undefined ? {} : { secret }) } }),
    ...(minimumImpact === undefined ? {} : { minimumImpact }),
    ...(description === undefined ? {} : { description }),
    buckets: [...flags.list("bucket")],
  };
  await withSession(call, async (session) => {
    const made = await createOne(call, session, "subscription", name, spec);
    await print(call, made, () => `subscription/${name} created\n`);
    if (url !== undefined && secret === undefined)
      call.io.stderr(
        `Messages are signed with the secret ${name}-webhook of the project (Standard Webhooks).\n`,
      );
    call.io.stderr(`\`vdc subscription test ${name}\` shows whether a message arrives.\n`);
  });
}

/** `vdc subscription test NAME`; fails when the other side did not take it. */
export async function subscriptionTest(call: Call): Promise<void> {
  const name = nameOf(call, "subscription");
  await withSession(call, async ({ client }) => {
    const answer = await client.call(client.routes["subscription.test"], {
      params: { project: projectOf(call), name },
      signal: call.io.signal,
    });
    if (!answer.ok)
      throw new VdcError("unavailable", `The message was not taken: ${harmlessLine(answer.answer)}`);
    await print(call, answer, () => `the message was taken: ${harmlessLine(answer.answer)}\n`);
  });
}

/** `vdc subscription receipts`. */
export async function subscriptionReceipts(call: Call): Promise<void> {
  const incident = call.flags.text("incident");
  await withSession(call, async ({ client }) => {
    const { items } = await client.call(client.routes["incident.receipts"], {
      params: { project: projectOf(call) },
      query: incident === undefined ? {} : { incident },
      signal: call.io.signal,
    });
    await printRows(call, { items }, receiptTable(items), "no messages were sent");
  });
}

export function receiptTable(receipts: readonly Receipt[]): Table {
  return {
    headers: ["AT", "INCIDENT", "UPDATE", "HOW", "STATE", "TRIES", "ANSWER"],
    rows: receipts.map(({ at, incident, update, channel, state, attempts, answer }) => [
      at,
      incident,
      String(update + 1),
      channel,
      state === "failed" ? { text: state, colour: "red" as const } : state,
      String(attempts),
      answer ?? "",
    ]),
  };
}

/** `vdc subscription delete NAME`. */
export async function subscriptionDelete(call: Call): Promise<void> {
  const what = "This subscription is told no more.";
  await withSession(call, async (session) => await deleteOne(call, session, { kind: "subscription", what }));
}
