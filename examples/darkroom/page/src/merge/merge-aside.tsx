import { Slider } from "../kit/slider.tsx";
import { Button } from "../kit/button.tsx";
import type { MergeSession, MergeState } from "./merge-session.ts";
import { Choice, Section } from "./panel-parts.tsx";
import type { Recipe } from "./recipe.ts";
import { brushSizes, type Tools } from "./use-tools.ts";

/** The settings of a merge: those of its recipe, and the brush. */
export function MergeAside<P extends object, A>(props: {
  readonly recipe: Recipe<P, A>;
  readonly session: MergeSession<P, A>;
  readonly state: MergeState<P>;
  readonly tools: Tools;
  readonly brushPhoto: string | undefined;
}) {
  const { recipe, session, state } = props;
  const { Panel } = recipe;
  if (state.stage !== "ready") return null;
  return (
    <>
      {state.remarks.length > 0 && (
        <ul className="flex flex-col gap-2 border-b border-line p-4 text-xs text-accent">
          {state.remarks.map((remark) => (
            <li key={remark}>{remark}</li>
          ))}
        </ul>
      )}
      <Panel
        value={state.parameters}
        photos={state.photos}
        onChange={(value) => session.change(value)}
        onCommit={(value, label) => session.commit(value, label)}
      />
      {recipe.brush !== undefined && <BrushPanel {...props} brush={recipe.brush} />}
    </>
  );
}

function BrushPanel<P extends object, A>(props: {
  readonly recipe: Recipe<P, A>;
  readonly brush: NonNullable<Recipe<P, A>["brush"]>;
  readonly session: MergeSession<P, A>;
  readonly state: MergeState<P>;
  readonly tools: Tools;
  readonly brushPhoto: string | undefined;
}) {
  const { brush, recipe, session, state, tools } = props;
  const strokes = brush.strokes(state.parameters);
  return (
    <Section title="Paint by hand">
      <p className="text-xs text-dim">
        Where the merge chose wrongly, paint over it: take a photo there, or avoid it.
      </p>
      <Choice
        label="Brush"
        value={tools.brush ?? "off"}
        options={[
          ["off", "Off"],
          ["take", "Take"],
          ["avoid", "Avoid"],
        ]}
        onChange={(kind) => tools.setBrush(kind === "off" ? undefined : kind)}
      />
      {tools.brush !== undefined && (
        <>
          <label className="flex flex-col gap-1 text-xs text-dim">
            Photo
            <select
              className="control rounded-md border border-line bg-sunken px-2 text-ink"
              value={props.brushPhoto}
              onChange={(event) => tools.setBrushPhoto(event.currentTarget.value)}
            >
              {recipe.used(state.photos, state.parameters).map(({ photo }) => (
                <option key={photo.hash} value={photo.hash}>
                  {photo.name}
                </option>
              ))}
            </select>
          </label>
          <Slider
            label="Brush size"
            value={tools.brushSize}
            usual={brushSizes.usual}
            min={brushSizes.min}
            max={brushSizes.max}
            step={1}
            show={(size) => size.toFixed(0)}
            onChange={tools.setBrushSize}
          />
        </>
      )}
      {strokes.length > 0 && (
        <Button onClick={() => session.commit(brush.paint(state.parameters, []), "clearing the brush")}>
          Clear {strokes.length === 1 ? "the stroke" : `${strokes.length} strokes`}
        </Button>
      )}
    </Section>
  );
}
