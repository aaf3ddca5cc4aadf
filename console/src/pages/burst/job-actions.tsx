import { CirclePause, CirclePlay, CircleX } from "lucide-react";
import { useState } from "react";
import type { Job } from "#api/burst.ts";
import { changeJob } from "#console/data/burst-queries.ts";
import { AskDialog } from "#console/forms/burst/ask-dialog.tsx";
import { Button } from "#console/kit/button.tsx";
import { tellError } from "#console/kit/failure.tsx";
import { say } from "#console/kit/toast.tsx";
import { hasEnded } from "#console/lib/burst-view.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Pausing and going on are one click: both can be taken back. Cancelling is asked about. */
export function JobActions(props: { readonly job: Job; readonly short?: boolean }) {
  const { job, short = false } = props;
  const [asked, setAsked] = useState(false);
  const of = { project: job.project, job: job.id };
  const change = useAction(async (verb: "pause" | "resume") => {
    await changeJob(of, verb).then(
      () => say(verb === "pause" ? `${job.title} starts nothing more` : `${job.title} goes on`),
      (error: unknown) =>
        say(`${job.title} was not changed`, { tone: "bad", description: tellError(error).detail }),
    );
  });
  if (hasEnded(job) || job.state === "cancelling") return null;
  const look = short ? "quiet" : "plain";
  const name = short ? <span className="sr-only"> {job.title}</span> : null;
  return (
    <span className="inline-flex gap-1">
      {job.state === "running" ? (
        <Button look={look} busy={change.busy} onClick={() => change.run("pause")}>
          <CirclePause size={15} aria-hidden="true" />
          Pause{name}
        </Button>
      ) : (
        <Button look={look} busy={change.busy} onClick={() => change.run("resume")}>
          <CirclePlay size={15} aria-hidden="true" />
          Go on{name}
        </Button>
      )}
      <Button look={look} onClick={() => setAsked(true)}>
        <CircleX size={15} aria-hidden="true" />
        Cancel{short ? name : " job"}…
      </Button>
      {asked && (
        <AskDialog
          title={`Cancel ${job.title}?`}
          description={
            job.mode === "burst"
              ? "Its workers stop at once. What was finished is charged, at most its bound; the rest of what was reserved returns. What is done is remembered, and free next time."
              : "Its workers stop at once. What is done is remembered: ordered again, the job begins from there."
          }
          confirm={{ label: "Cancel job", look: "danger" }}
          cancelLabel="Let it run"
          onConfirm={async () => {
            await changeJob(of, "cancel");
            say(`${job.title} is being cancelled`);
          }}
          onClose={() => setAsked(false)}
        />
      )}
    </span>
  );
}
