import {
  componentSchema,
  effectSchema,
  impactSchema,
  incidentStatusSchema,
  type Effect,
  type Incident,
} from "#api/incidents.ts";
import type { RouteBody } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import { VdcError } from "#api/errors.ts";
import { incidentNamed } from "#cli/commands/incident.ts";
import type { Call } from "#cli/declare.ts";
import { print } from "#cli/output/print.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

type Said = RouteBody<FixedRoutes["incident.say"]>;

/** `vdc incident post TITLE`. */
export async function incidentPost(call: Call): Promise<void> {
  const [title] = call.words;
  if (title === undefined) throw new UsageError("the title of the incident is missing");
  const { flags } = call;
  const said: Said = {
    title,
    text: textOf(call),
    component: flags.oneOf("component", componentSchema.options) ?? "objects",
    effects: flags.list("effect").map(effectOf),
    impact: flags.oneOf("impact", impactSchema.options) ?? "none",
    status: flags.oneOf("status", incidentStatusSchema.options) ?? "identified",
    projects: [...flags.list("affects")],
  };
  await withSession(call, async (session) => await say(call, session, said, "posted"));
}

function effectOf(word: string): Effect {
  const effect = effectSchema.options.find((one) => one === word);
  if (effect === undefined)
    throw new UsageError(
      `--effect takes one of ${effectSchema.options.join(", ")}, not '${word.slice(0, 40)}'`,
    );
  return effect;
}

function textOf(call: Call): string {
  const text = call.flags.text("text");
  if (text === undefined) throw new UsageError("what to say is missing", "add --text");
  return text;
}

/** `vdc incident update ID`. */
export async function incidentUpdate(call: Call): Promise<void> {
  const text = textOf(call);
  const status = call.flags.oneOf("status", incidentStatusSchema.options);
  const impact = call.flags.oneOf("impact", impactSchema.options);
  await withSession(call, async (session) => {
    const before = await byHand(call, session);
    const said = { ...again(before), text, status: status ?? before.status, impact: impact ?? before.impact };
    await say(call, session, said, "updated");
  });
}

/** `vdc incident resolve ID`: the all-clear. */
export async function incidentResolve(call: Call): Promise<void> {
  const text = call.flags.text("text") ?? "This is over. There is nothing you need to do.";
  await withSession(call, async (session) => {
    const said: Said = { ...again(await byHand(call, session)), text, status: "resolved" };
    await say(call, session, said, "resolved");
  });
}

async function byHand(call: Call, session: Session): Promise<Incident> {
  const incident = await incidentNamed(call, session);
  if (incident.cause === "manual") return incident;
  throw new VdcError(
    "conflict",
    "What was found by a probe is followed by itself, and resolved when it no longer holds.",
  );
}

/** What stays as it was. */
function again({ id, title, component, effects, impact, affected }: Incident): Omit<Said, "text" | "status"> {
  const projects = affected.everyone ? [] : affected.projects.map(({ project }) => project);
  return { id, title, component, effects, impact, projects };
}

async function say(call: Call, { client }: Session, body: Said, done: string): Promise<void> {
  const incident = await client.call(client.routes["incident.say"], { body, signal: call.io.signal });
  await print(call, incident, () => `incident ${incident.id} ${done}\n`);
}
