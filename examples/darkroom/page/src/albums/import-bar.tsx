import { Pause, Play } from "lucide-react";
import { importer, useImport } from "../import/importer.ts";
import { IconButton } from "../kit/button.tsx";

/** How far an import is; nothing while there is none, and what failed until the next one. */
export function ImportBar() {
  const { total, done, known, failed, state } = useImport();
  if (state === "idle" && failed.length === 0) return null;
  const percent = total === 0 ? 0 : Math.round((100 * done) / total);
  return (
    <div className="flex flex-col gap-2 rounded-lg border border-line bg-raised p-3" role="status">
      {state !== "idle" && (
        <div className="flex items-center gap-3">
          <progress value={done} max={total} aria-label="Import" className="h-2 grow accent-accent" />
          <span className="tabular text-dim">
            {done} of {total}, {percent} %{known > 0 && `, ${known} known already`}
          </span>
          {state === "running" ? (
            <IconButton label="Pause the import" onClick={() => importer.pause()}>
              <Pause size={16} aria-hidden="true" />
            </IconButton>
          ) : (
            <IconButton label="Go on with the import" onClick={() => importer.resume()}>
              <Play size={16} aria-hidden="true" />
            </IconButton>
          )}
        </div>
      )}
      {failed.slice(0, 5).map(({ name, message }) => (
        <p key={name} className="text-bad">
          {name}: {message}
        </p>
      ))}
      {failed.length > 5 && <p className="text-bad">and {failed.length - 5} more</p>}
    </div>
  );
}
