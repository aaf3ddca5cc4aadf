import { Download } from "lucide-react";
import type { Job } from "#api/burst.ts";
import { resultUrl } from "#console/data/burst-queries.ts";
import { Button } from "#console/kit/button.tsx";
import { tellError } from "#console/kit/failure.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatBytes, formatCount } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";

/** More results than this are left to the app and to `vdc job results`. */
const shown = 50;

/** What the job made. Each result is a blob of its own, named by its hash. */
export function JobResults(props: { readonly job: Job; readonly mayRead: boolean }) {
  const { results, project } = props.job;
  return (
    <Panel title="Results" note={formatCount(results.length)} flush>
      <ul className="divide-y divide-line">
        {results.slice(0, shown).map(({ name, blob, bytes }) => (
          <li key={name} className="flex min-h-10 items-center justify-between gap-3 px-4 py-2">
            <span className="min-w-0">
              <span className="block truncate text-ink">{name}</span>
              <code className="block truncate text-xs text-faint" title={blob}>
                {formatBytes(bytes)} · {blob.slice(0, 16)}…
              </code>
            </span>
            {props.mayRead && <Save project={project} name={name} blob={blob} />}
          </li>
        ))}
      </ul>
      {results.length > shown && (
        <p className="border-t border-line px-4 py-2 text-xs text-faint">
          {formatCount(results.length - shown)} more, which the app puts together.
        </p>
      )}
    </Panel>
  );
}

function Save(props: { readonly project: string; readonly name: string; readonly blob: string }) {
  const { project, name, blob } = props;
  const save = useAction(async () => {
    const url = await resultUrl(project, blob).catch((error: unknown) => {
      say(`${name} was not downloaded`, { tone: "bad", description: tellError(error).detail });
      return null;
    });
    if (url === undefined) say(`${name} is not there any more`, { tone: "bad" });
    if (url === undefined || url === null) return;
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.rel = "noreferrer";
    link.click();
  });
  return (
    <Button look="quiet" busy={save.busy} onClick={() => save.run()}>
      <Download size={15} aria-hidden="true" />
      Download<span className="sr-only"> {name}</span>
    </Button>
  );
}
