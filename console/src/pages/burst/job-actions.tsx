import { CirclePause, CirclePlay, CircleX } from "lucide-react";
import { useState } from "react";
import type { Job } from "#api/burst.ts";
import { changeJob } from "#console/data/burst-queries.ts";
import { AskDialog } from "#console/forms/burst/ask-dialog.tsx";
import { Button, IconButton } from "#console/kit/button.tsx";
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
  const verb = job.state === "running" ? "pause" : "resume";
  const words = verb === "pause" ? "Pause" : "Go on";
  const Icon = verb === "pause" ? CirclePause : CirclePlay;
  return (
    <span className="inline-flex gap-1">
      {short ? (
        <>
          <IconButton
            label={`${words}: ${job.title}`}
            disabled={change.busy}
            onClick={() => change.run(verb)}
          >
            <Icon size={16} aria-hidden="true" />
          </IconButton>
          <IconButton label={`Cancel: ${job.title}`} onClick={() => setAsked(true)}>
            <CircleX size={16} aria-hidden="true" />
          </IconButton>
        </>
      ) : (
        <>
          <Button busy={change.busy} onClick={() => change.run(verb)}>
            <Icon size={15} aria-hidden="true" />
            {words}
          </Button>
          <Button onClick={() => setAsked(true)}>
            <CircleX size={15} aria-hidden="true" />
            Cancel job…
          </Button>
        </>
      )}
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
