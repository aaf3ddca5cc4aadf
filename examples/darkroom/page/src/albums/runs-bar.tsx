import { Aperture, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import type { Job } from "#api/burst.ts";
import { center } from "../burst/center.ts";
import { ServerRefusal } from "../data/own-server.ts";
import { IconButton } from "../kit/button.tsx";
import { addressOf, forgetRun, openRuns, type RunRecord } from "../merge/run-records.ts";

interface OpenRun {
  readonly record: RunRecord;
  readonly job: Job;
}

const lookEachMs = 3_000;

/** Merges of this album that are not in it yet: they went on while the page was closed, left or killed, and are found again here. */
export function RunsBar({ album }: { readonly album: string }) {
  const [runs, setRuns] = useState<readonly OpenRun[]>([]);
  useEffect(() => {
    let isGone = false;
    const look = () => {
      lookAt(album).then(
        (found) => {
          if (!isGone) setRuns(found);
          return undefined;
        },
        // Without a network nothing is known of them; the next look may know.
        () => undefined,
      );
    };
    look();
    const timer = setInterval(look, lookEachMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [album]);
  if (runs.length === 0) return null;
  return (
    <ul aria-label="Merges of this album" className="flex flex-col gap-2">
      {runs.map(({ record, job }) => (
        <li
          key={job.id}
          className="flex items-center gap-3 rounded-lg border border-line bg-raised py-1 pr-1 pl-3"
        >
          <Aperture size={16} aria-hidden="true" className="shrink-0 text-accent" />
          <p className="tabular min-w-0 grow">
            <span className="block truncate">{record.title}</span>
            <span className="block text-xs text-dim">{sentenceOf(job)}</span>
          </p>
          <Link
            to={addressOf(job.id, record)}
            className="control flex items-center rounded-md border border-line px-3 whitespace-nowrap hover:border-line-strong"
          >
            {job.state === "succeeded" ? "Take it in" : "Open"}
          </Link>
          {isOverWithoutResult(job) && (
            <IconButton
              label="Dismiss"
              onClick={() => {
                forgetRun(job.id);
                setRuns((now) => now.filter((one) => one.job.id !== job.id));
              }}
            >
              <X size={14} aria-hidden="true" />
            </IconButton>
          )}
        </li>
      ))}
    </ul>
  );
}

async function lookAt(album: string): Promise<readonly OpenRun[]> {
  const found = await Promise.all(
    openRuns(album).map(async ([id, record]) => {
      try {
        return [{ record, job: await center.job(id) }];
      } catch (error) {
        // The data center does not know it any more.
        if (!(error instanceof ServerRefusal) || error.status !== 404) throw error;
        forgetRun(id);
        return [];
      }
    }),
  );
  return found.flat();
}

function isOverWithoutResult({ state }: Job): boolean {
  return state === "failed" || state === "cancelled";
}

function sentenceOf({ state, done, tasks }: Job): string {
  if (state === "succeeded") return "Done, and not in the album yet";
  if (state === "failed") return "It failed";
  if (state === "cancelled" || state === "cancelling") return "It was stopped; some of it may be there";
  const part = `${Math.floor((done / Math.max(1, tasks)) * 100)} %`;
  return state === "paused" ? `Waits at ${part}` : `Goes on in the data center: ${part}`;
}
