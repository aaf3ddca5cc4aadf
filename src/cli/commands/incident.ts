import type { Affected, Incident } from "#api/incidents.ts";
import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import { receiptTable } from "#cli/commands/subscription.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows, tableText } from "#cli/output/print.ts";
import { ageText, countText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc incident list`: of the whole data center, or what affects one project. */
export async function incidentList(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const all = await incidentsOf(call, session);
    const items = call.flags.has("open") ? all.filter(({ status }) => status !== "resolved") : all;
    const now = session.ports.clock.now();
    const rows = items.map((incident) => [
      incident.id,
      incident.impact,
      incident.status,
      incident.effects.join(","),
      affectedText(incident.affected),
      ageText(incident.startedAt, now),
      incident.title,
    ]);
    const headers = ["ID", "IMPACT", "STATUS", "CONCERNS", "AFFECTED", "SINCE", "TITLE"];
    await printRows(call, { items }, { headers, rows }, "no incidents");
  });
}

async function incidentsOf(call: Call, { client }: Session): Promise<readonly Incident[]> {
  const project = call.flags.text("project");
  const { signal } = call.io;
  const answer =
    project === undefined
      ? await client.call(client.routes["incident.list"], { signal })
      : await client.call(client.routes["incident.mine"], { params: { project }, signal });
  return answer.items;
}

/** The incident that was named; undefined words are wrong usage. */
export async function incidentNamed(call: Call, session: Session): Promise<Incident> {
  const [id] = call.words;
  if (id === undefined || id === "") throw new UsageError("the id of an incident is missing");
  const found = (await incidentsOf(call, session)).find((incident) => incident.id === id);
  if (found === undefined) throw new VdcError("not-found", `There is no incident ${id.slice(0, 100)}.`);
  return found;
}

/** `vdc incident show ID`. */
export async function incidentShow(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const incident = await incidentNamed(call, session);
    const project = call.flags.text("project");
    const { client } = session;
    const receipts =
      project === undefined
        ? []
        : (
            await client.call(client.routes["incident.receipts"], {
              params: { project },
              query: { incident: incident.id },
              signal: call.io.signal,
            })
          ).items;
    await print(call, { ...incident, ...(project === undefined ? {} : { receipts }) }, () => {
      const table = receipts.length === 0 ? "" : `\n${tableText(call, receiptTable(receipts))}`;
      return incidentText(incident) + table;
    });
  });
}

function incidentText(incident: Incident): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["title", incident.title],
    ["status", incident.status],
    ["impact", incident.impact],
    ["concerns", incident.effects.join(", ")],
    ["affected", affectedText(incident.affected)],
    ["since", incident.startedAt],
    ["told", incident.openedAt],
    ["resolved", incident.resolvedAt],
    ...incident.details.map((detail) => ["seen", detail] as const),
  ];
  const said = incident.updates.map(({ at, status, text }) => `${at}  ${status}\n  ${harmlessLine(text)}\n`);
  const lines = facts.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name.padEnd(8)}  ${harmlessLine(value)}\n`],
  );
  return `${lines.join("")}\n${said.join("")}`;
}

/** Names of projects while they are few. */
const namesShown = 3;

function affectedText({ everyone, projects }: Affected): string {
  if (everyone) return "everyone";
  if (projects.length > namesShown) return countText(projects.length, "project");
  return projects
    .map(({ project, buckets }) =>
      buckets.length === 0 ? project : `${project} (${countText(buckets.length, "bucket")})`,
    )
    .join(", ");
}

/** `vdc status-page`. */
export async function statusPage(call: Call): Promise<void> {
  await withSession(call, async ({ client }) => {
    const project = call.flags.text("project");
    const { signal } = call.io;
    const url =
      project === undefined
        ? (await client.call(client.routes["status.page"], { signal })).url
        : (await client.call(client.routes["incident.mine"], { params: { project }, signal })).page;
    if (url === undefined) throw new VdcError("not-found", "The project has no status page.");
    await print(call, { url }, () => `${url}\n`);
  });
}
