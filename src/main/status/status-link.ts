import { z } from "zod";
import { VdcError } from "#api/errors.ts";
import { incidentSchema, receiptSchema } from "#api/incidents.ts";
import type { StatusHere } from "#incidents/control/ports.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";

const withinMs = 5_000;
/** A message is tried while its sender waits. */
const testWithinMs = 20_000;
const incidents = z.object({ items: z.array(incidentSchema) });
const receipts = z.object({ items: z.array(receiptSchema) });
const page = z.object({ url: z.string() });
const outcome = z.object({ ok: z.boolean().optional(), answer: z.string().optional() });

/** The status process over its socket. */
export function statusLink(socket: string): StatusHere {
  const call = async (
    method: "GET" | "POST",
    path: string,
    body?: object,
    patience = withinMs,
  ): Promise<unknown> => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const asked = { method, path, withinMs: patience, who: "the status process", ...text };
    const answer = await callSocket(socket, asked).catch((cause: unknown) => {
      throw new VdcError("unavailable", "the status process does not answer", { cause });
    });
    if (answer === undefined) throw new VdcError("unavailable", "the status process is not running");
    if (answer.status !== 200)
      throw new VdcError("unavailable", `the status process refused: ${answer.status}`);
    return JSON.parse(answer.body);
  };
  return {
    report: async (report) => void (await call("POST", "/v1/report", report)),
    leave: async (from) => void (await call("POST", "/v1/leave", { from })),
    setSubscribers: async (subscribers) => void (await call("POST", "/v1/subscribers", { subscribers })),
    incidents: async () => incidents.parse(await call("GET", "/v1/incidents")).items,
    receipts: async (filter) =>
      receipts.parse(await call("GET", `/v1/receipts?${String(new URLSearchParams(filter))}`)).items,
    page: async (project) =>
      page.parse(await call("GET", project === undefined ? "/v1/page" : `/v1/page?project=${project}`)).url,
    say: async (said) => incidentSchema.safeParse(await call("POST", "/v1/say", said)).data,
    test: async (id) => {
      const { ok, answer = "" } = outcome.parse(await call("POST", "/v1/test", { id }, testWithinMs));
      return ok === undefined ? undefined : { ok, answer };
    },
  };
}
