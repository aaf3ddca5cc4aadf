import type { Event } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { keyText } from "#api/resource.ts";
import { eventTable } from "#cli/output/event-table.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import type { Paint } from "#cli/output/paint.ts";
import { labelsText } from "#cli/output/resource-table.ts";
import { yamlText } from "#cli/output/structured.ts";
import { renderTable } from "#cli/output/table.ts";
import { ageText } from "#cli/output/units.ts";

/** A resource for reading: what it is, what is wanted, what was observed, and what happened to it lately. */
export async function describeText(
  resource: Resource,
  events: readonly Event[],
  options: { readonly nowMs: number; readonly paint: Paint },
): Promise<string> {
  const time = (iso: string) => `${iso} (${ageText(iso, options.nowMs)} ago)`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["kind", resource.kind],
    ["project", resource.project],
    ["name", resource.name],
    ["id", resource.id],
    ["revision", `${resource.revision} (generation ${resource.generation})`],
    ["labels", labelsText(resource.labels) || "none"],
    ["owner", resource.owner === undefined ? undefined : keyText(resource.owner)],
    ["created", time(resource.createdAt)],
    ["updated", time(resource.updatedAt)],
    ["deleting", resource.deletingSince === undefined ? undefined : `since ${time(resource.deletingSince)}`],
  ];
  const head = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${`${name}:`.padEnd(10)}${harmlessLine(value)}\n`],
  );
  const section = (title: string, body: string) => `${options.paint("bold", `${title}:`)}\n${indented(body)}`;
  const happened =
    events.length === 0
      ? "none\n"
      : renderTable(eventTable(events, options.nowMs, { withSubject: false }), {
          headers: true,
          paint: options.paint,
        });
  return [
    ...head,
    section("spec", await yamlText(resource.spec)),
    section("status", await yamlText(resource.status)),
    section("events", happened),
  ].join("");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
