import type { Event } from "#api/records.ts";
import type { Colour } from "#cli/output/paint.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText } from "#cli/output/units.ts";

const colours: Readonly<Record<Event["severity"], Colour>> = { info: "dim", warning: "yellow", error: "red" };

export function eventTable(
  events: readonly Event[],
  nowMs: number,
  options: { readonly withSubject: boolean },
): Table {
  return {
    headers: ["AGE", "SEVERITY", "TYPE", ...(options.withSubject ? ["SUBJECT"] : []), "MESSAGE"],
    rows: events.map((event) => [
      ageText(event.at, nowMs),
      { text: event.severity, colour: colours[event.severity] },
      event.type,
      ...(options.withSubject ? [subjectText(event)] : []),
      event.message,
    ]),
  };
}

/** One event as a line of a log: for watching, where columns cannot be laid out ahead. */
export function eventLine(event: Event): string {
  return `${event.at} ${event.severity.padEnd(7)} ${event.type} ${subjectText(event)}: ${event.message}`;
}

function subjectText(event: Event): string {
  const { subject } = event;
  if (subject === undefined) return event.project === undefined ? "-" : `project/${event.project}`;
  return [subject.kind, subject.project, subject.name].filter((part) => part !== undefined).join("/");
}
