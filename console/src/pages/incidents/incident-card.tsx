import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import type { Incident } from "#api/incidents.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { UpdateIncident } from "#console/forms/incidents/update-incident.tsx";
import { Button } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { Facts } from "#console/kit/panel.tsx";
import { StateMark, Tag } from "#console/kit/state.tsx";
import { Ago, FullTime } from "#console/kit/time.tsx";
import { formatDuration } from "#console/lib/format.ts";
import {
  affectedWords,
  componentWords,
  effectWords,
  impactWords,
  isOpen,
  statusWords,
} from "#console/lib/incident-view.ts";
import { ReceiptsPart } from "#console/pages/incidents/receipts-part.tsx";

/** One incident: a line, and on demand what it means, who is concerned, what was said and who was told. */
export function IncidentCard(props: { readonly incident: Incident; readonly startOpen: boolean }) {
  const { incident } = props;
  const [open, setOpen] = useState(props.startOpen);
  const ids = useId();
  const status = statusWords[incident.status];
  const impact = impactWords[incident.impact];
  return (
    <article
      aria-labelledby={`${ids}-title`}
      className={cx("rounded-lg border bg-surface", isOpen(incident) ? "border-line-strong" : "border-line")}
    >
      <h3 id={`${ids}-title`} className="font-normal">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={`${ids}-body`}
          onClick={() => setOpen(!open)}
          className="flex w-full items-start gap-3 rounded-lg px-4 py-3 text-left max-sm:min-h-10"
        >
          <span className="flex h-5 items-center">
            <StateMark tone={status.tone} />
          </span>
          <span className="min-w-0 grow">
            <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="font-semibold text-ink">{incident.title}</span>
              <Tag tone={isOpen(incident) ? impact.tone : "rest"}>{impact.text}</Tag>
            </span>
            <span className="block text-xs text-dim tabular">
              {status.text} · {componentWords[incident.component]} · <Lasted incident={incident} />
            </span>
          </span>
          <ChevronRight
            size={15}
            aria-hidden="true"
            className={cx("mt-0.5 shrink-0 text-faint transition-transform", open && "rotate-90")}
          />
        </button>
      </h3>
      <div id={`${ids}-body`} hidden={!open}>
        {open && <IncidentBody incident={incident} />}
      </div>
    </article>
  );
}

function Lasted({ incident }: { readonly incident: Incident }) {
  const { startedAt, resolvedAt } = incident;
  if (resolvedAt === undefined)
    return (
      <>
        since <Ago at={startedAt} />
      </>
    );
  return (
    <>
      <Ago at={startedAt} />, for {formatDuration(Date.parse(resolvedAt) - Date.parse(startedAt))}
    </>
  );
}

function IncidentBody({ incident }: { readonly incident: Incident }) {
  const me = useMe();
  const [saying, setSaying] = useState(false);
  const isByHand = incident.cause === "manual";
  return (
    <div className="grid gap-x-10 gap-y-6 border-t border-line px-4 py-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-5">
        <Facts
          items={[
            {
              name: "What is affected",
              value:
                incident.effects.length === 0 ? (
                  "Nothing; this is a notice"
                ) : (
                  <ul className="flex flex-col gap-0.5">
                    {incident.effects.map((effect) => (
                      <li key={effect}>{effectWords[effect]}</li>
                    ))}
                  </ul>
                ),
            },
            { name: "Who", value: <span className="break-words">{affectedWords(incident.affected)}</span> },
            { name: "Since", value: <FullTime at={incident.startedAt} /> },
            { name: "Told", value: <FullTime at={incident.openedAt} /> },
            ...(incident.resolvedAt === undefined
              ? []
              : [{ name: "All clear", value: <FullTime at={incident.resolvedAt} /> }]),
          ]}
        />
        {incident.details.length > 0 && (
          <div>
            <h4 className="mb-1 text-xs font-medium text-dim">What was seen, for operators</h4>
            <ul className="flex flex-col gap-1 rounded-md bg-sunken px-3 py-2 text-xs break-words text-ink">
              {incident.details.map((detail) => (
                <li key={detail}>{detail}</li>
              ))}
            </ul>
          </div>
        )}
        {isByHand && isOpen(incident) && may(me, "incident.manage") && (
          <div>
            <Button onClick={() => setSaying(true)}>Update or resolve…</Button>
          </div>
        )}
      </div>
      <Timeline incident={incident} />
      <ReceiptsPart incident={incident} />
      {saying && <UpdateIncident incident={incident} onClose={() => setSaying(false)} />}
    </div>
  );
}

function Timeline({ incident }: { readonly incident: Incident }) {
  return (
    <div className="min-w-0">
      <h4 className="mb-2 text-xs font-medium text-dim">What was said</h4>
      <ol className="flex flex-col">
        {incident.updates.toReversed().map((update, at) => (
          <li key={`${update.at} ${update.status}`} className="relative flex gap-3 pb-4 last:pb-0">
            {at < incident.updates.length - 1 && (
              <span aria-hidden="true" className="absolute top-5 bottom-0 left-[4.5px] w-px bg-line" />
            )}
            <span className="flex h-5 items-center">
              <StateMark tone={statusWords[update.status].tone} />
            </span>
            <div className="min-w-0">
              <p className="text-ink">{update.text}</p>
              <p className="text-xs text-faint">
                {statusWords[update.status].text} · <FullTime at={update.at} />
              </p>
            </div>
          </li>
        ))}
      </ol>
    </div>
  );
}
