import type { Offer } from "#api/burst.ts";
import { decimalOfAmount, moneyText } from "#api/money.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import { confirmByName } from "#cli/confirm.ts";
import type { Call } from "#cli/declare.ts";
import { print, printRows } from "#cli/output/print.ts";
import { ageText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { amountFlag } from "./amount-flag.ts";
import { offerReceipt, timeText } from "./receipt.ts";

const listed = 50;

/** `vdc offer list`. */
export async function offerList(call: Call): Promise<void> {
  const limit = call.flags.whole("limit", 1) ?? listed;
  await withSession(call, async ({ client, ports }) => {
    const { items } = await client.call(client.routes["offer.list"], {
      params: { project: projectOf(call) },
      query: { limit },
      signal: call.io.signal,
    });
    const rows = items.map((offer) => [
      offer.id,
      offer.state,
      timeText(offer.within.seconds.p50),
      timeText(offer.burst.seconds.p50),
      moneyText(offer.expected, offer.currency),
      ends(offer, ports.clock.now()),
      offer.title,
    ]);
    const headers = ["ID", "STATE", "WITHIN-PLAN", "WITH-BURST", "PRICE", "ENDS-IN", "TITLE"];
    await printRows(call, { items }, { headers, rows }, "no offers");
  });
}

function ends({ state, validUntil }: Offer, nowMs: number): string {
  // The age of now, seen from the end, is the time that is left.
  return state === "open" ? ageText(new Date(nowMs).toISOString(), Date.parse(validUntil)) : "";
}

/** `vdc offer create GRAPH --title TEXT`. */
export async function offerCreate(call: Call): Promise<void> {
  const graph = wordOf(call, "hash of a graph");
  const title = call.flags.text("title") ?? "a job";
  await withSession(call, async ({ client }) => {
    const offer = await client.call(client.routes["offer.create"], {
      params: { project: projectOf(call) },
      body: { title, graph },
      signal: call.io.signal,
    });
    await print(call, offer, () => offerReceipt(offer));
  });
}

/** `vdc offer show ID`. */
export async function offerShow(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const offer = await read(call, session);
    await print(call, offer, () => offerReceipt(offer));
  });
}

/** `vdc offer accept ID`: shows what is accepted first, and names these figures. */
export async function offerAccept(call: Call): Promise<void> {
  const bound = amountFlag(call, "bound");
  await withSession(call, async (session) => {
    const offer = await read(call, session);
    const most = moneyText(bound ?? offer.burst.price, offer.currency);
    if (!call.flags.has("yes")) call.io.stderr(offerReceipt(offer));
    await confirmByName(call, decimalOfAmount(bound ?? offer.burst.price), `This reserves ${most}.`);
    const { client } = session;
    const accepted = await client.call(client.routes["offer.accept"], {
      params: { project: projectOf(call), offer: offer.id },
      body: { quoteHash: offer.quoteHash, ...(bound === undefined ? {} : { bound: bound.toString() }) },
      signal: call.io.signal,
    });
    await print(call, accepted, () => `${accepted.job ?? accepted.id} started, at most ${most}\n`);
  });
}

async function read(call: Call, { client }: Session): Promise<Offer> {
  return await client.call(client.routes["offer.show"], {
    params: { project: projectOf(call), offer: wordOf(call, "id of an offer") },
    signal: call.io.signal,
  });
}

/** The first word; `what` says what is missing without it. */
export function wordOf(call: Call, what: string): string {
  const [word] = call.words;
  if (word === undefined || word === "") throw new UsageError(`the ${what} is missing`);
  return word;
}
