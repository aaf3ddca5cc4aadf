import { ArrowLeft, Columns2, LoaderCircle, Maximize, ScanSearch, Zap } from "lucide-react";
import { Link } from "react-router";
import { Button, IconButton } from "../kit/button.tsx";
import type { MergeState } from "./merge-session.ts";
import type { MergeRunView } from "./merge-run-state.ts";
import type { Tools } from "./use-tools.ts";

/** Above the picture: how to look at it, and the button that everything is for. */
export function MergeBar<P>(props: {
  readonly recipe: { readonly title: string };
  readonly album: string;
  readonly state: MergeState<P>;
  readonly tools: Tools;
  readonly run: MergeRunView;
  readonly hasBefore: boolean;
}) {
  const { state, tools, run } = props;
  return (
    <div className="flex items-center gap-1 border-b border-line px-2 py-1.5">
      <Link
        to={`/albums/${props.album}`}
        className="control flex items-center gap-1.5 rounded-md px-2 text-dim hover:bg-hover hover:text-ink"
      >
        <ArrowLeft size={16} aria-hidden="true" />
        <span className="max-sm:sr-only">Album</span>
      </Link>
      <h1 className="font-semibold whitespace-nowrap max-sm:sr-only">{props.recipe.title}</h1>
      <p role="status" className="flex grow items-center gap-2 px-2 text-xs text-dim">
        {state.working !== undefined && (
          <>
            <LoaderCircle size={14} aria-hidden="true" className="animate-spin" />
            <span className="tabular max-sm:sr-only">
              {state.activity}
              {state.working > 0 ? ` ${Math.round(state.working * 100)} %` : "…"}
            </span>
          </>
        )}
      </p>
      <IconButton
        label="Compare with the middle exposure (Y)"
        pressed={tools.split !== undefined}
        disabled={!props.hasBefore}
        onClick={() => tools.setSplit(tools.split === undefined ? 0.5 : undefined)}
      >
        <Columns2 size={16} aria-hidden="true" />
      </IconButton>
      <Button
        look="quiet"
        className="max-sm:hidden"
        title="Before, as long as it is held (B)"
        disabled={!props.hasBefore}
        aria-pressed={tools.isBlinking}
        onPointerDown={() => tools.setBlinking(true)}
        onPointerUp={() => tools.setBlinking(false)}
        onPointerLeave={() => tools.setBlinking(false)}
      >
        Before
      </Button>
      <IconButton
        label="Loupe, pixel by pixel (L)"
        pressed={tools.isLoupe}
        onClick={() => tools.setLoupe(!tools.isLoupe)}
      >
        <ScanSearch size={16} aria-hidden="true" />
      </IconButton>
      <IconButton label="The whole picture (0)" onClick={() => tools.setView(undefined)}>
        <Maximize size={16} aria-hidden="true" />
      </IconButton>
      <Button
        look="primary"
        className="ml-1"
        disabled={state.stage !== "ready" || state.size === undefined || run.isBusy}
        title="Merge at full size (Ctrl+Enter)"
        onClick={() => run.open()}
      >
        <Zap size={16} aria-hidden="true" /> Merge
      </Button>
    </div>
  );
}
