import { Link } from "react-router";
import type { Event } from "#api/records.ts";
import { StateMark, type Tone } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";

const tones = { info: "rest", warning: "warn", error: "bad" } as const satisfies Record<
  Event["severity"],
  Tone
>;

/** Where the thing that an event tells of can be looked at. */
function subjectPath(event: Event): string | undefined {
  const { subject } = event;
  if (event.operationId !== undefined && subject === undefined) return `/operations/${event.operationId}`;
  if (subject?.kind === "project") return `/projects/${encodeURIComponent(subject.name)}`;
  if (subject?.kind === "machine") return `/machines/${encodeURIComponent(subject.name)}`;
  return event.project === undefined ? undefined : `/projects/${encodeURIComponent(event.project)}`;
}

/**
 * Events, newest first. The list grows at its top without being announced: who listens to a screen reader asks for
 * it when wanted.
 */
export function EventList(props: { readonly events: readonly Event[]; readonly compact?: boolean }) {
  return (
    <ol aria-live="off" className="divide-y divide-line">
      {props.events.map((event) => (
        <EventRow key={event.id} event={event} compact={props.compact === true} />
      ))}
    </ol>
  );
}

function EventRow(props: { readonly event: Event; readonly compact: boolean }) {
  const { event } = props;
  const to = subjectPath(event);
  return (
    <li className="arrive flex items-start gap-3 px-4 py-2.5">
      <span className="flex h-5 items-center">
        <StateMark tone={tones[event.severity]} />
        {event.severity !== "info" && <span className="sr-only">{event.severity}</span>}
      </span>
      <div className="min-w-0 grow sm:flex sm:items-baseline sm:justify-between sm:gap-6">
        <p className="min-w-0 text-ink">
          {to === undefined ? (
            event.message
          ) : (
            <Link to={to} className="hover:underline hover:underline-offset-3">
              {event.message}
            </Link>
          )}
        </p>
        <p className="shrink-0 text-xs text-faint tabular">
          {!props.compact && <span className="mr-3 max-sm:hidden">{event.type}</span>}
          {event.actor !== undefined && !props.compact && <span className="mr-3">{event.actor.name}</span>}
          <Ago at={event.at} />
        </p>
      </div>
    </li>
  );
}
