import { ChevronsLeftRight } from "lucide-react";
import type { KeyboardEvent } from "react";

const step = 0.01;
const wideStep = 0.1;

/** What can be held of the line between before and after; pointers go through it to the canvas, which moves the line, and keys move it here. */
export function CompareLine(props: {
  /** 0 … 1, from the left. */
  readonly split: number;
  readonly onSplit: (split: number) => void;
}) {
  const { split } = props;
  const percent = Math.round(split * 100);
  const press = (event: KeyboardEvent) => {
    const next = movedBy(event, split);
    if (next === undefined) return;
    event.preventDefault();
    props.onSplit(Math.min(1, Math.max(0, next)));
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Line between before and after"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} % before`}
      className="pointer-events-none absolute top-1/2 grid size-8 -translate-1/2 place-items-center rounded-full bg-scrim text-ink"
      style={{ left: `${split * 100}%` }}
      onKeyDown={press}
    >
      <ChevronsLeftRight size={18} aria-hidden="true" />
    </div>
  );
}

/** Where the keys of a slider (WAI-ARIA Authoring Practices) move it; undefined for other keys. */
function movedBy({ key, shiftKey }: KeyboardEvent, split: number): number | undefined {
  const by = shiftKey ? wideStep : step;
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return split - by;
    case "ArrowRight":
    case "ArrowUp":
      return split + by;
    case "PageDown":
      return split - wideStep;
    case "PageUp":
      return split + wideStep;
    case "Home":
      return 0;
    case "End":
      return 1;
    default:
      return undefined;
  }
}
