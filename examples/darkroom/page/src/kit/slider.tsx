import { Slider as Base } from "@base-ui/react/slider";

/** A number on a line, with its name and value; a double click puts it back to `usual`. */
export function Slider(props: {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly usual: number;
  readonly show?: (value: number) => string;
  readonly onChange: (value: number) => void;
  /** When it is let go: what is worth a step of undo. */
  readonly onCommit?: (value: number) => void;
  readonly disabled?: boolean;
}) {
  const show = props.show ?? ((value: number) => value.toFixed(2));
  return (
    <Base.Root
      value={props.value}
      min={props.min}
      max={props.max}
      step={props.step}
      disabled={props.disabled === true}
      onValueChange={(value) => props.onChange(value)}
      onValueCommitted={(value) => props.onCommit?.(value)}
      className="flex flex-col gap-1"
    >
      <div className="flex justify-between gap-2 text-xs">
        <Base.Label className="text-dim">{props.label}</Base.Label>
        <span className="tabular">{show(props.value)}</span>
      </div>
      <Base.Control
        className="flex h-6 items-center"
        onDoubleClick={() => {
          props.onChange(props.usual);
          props.onCommit?.(props.usual);
        }}
      >
        <Base.Track className="h-1 w-full rounded-full bg-line">
          <Base.Indicator className="rounded-full bg-accent" />
          <Base.Thumb
            aria-label={props.label}
            className="size-4 rounded-full border-2 border-ground bg-accent"
          />
        </Base.Track>
      </Base.Control>
    </Base.Root>
  );
}
