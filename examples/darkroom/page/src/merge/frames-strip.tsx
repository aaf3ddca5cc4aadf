import { Eye, EyeOff, Star } from "lucide-react";
import { exposure } from "../albums/exposure.ts";
import { usePreview } from "../data/previews.ts";
import { cx } from "../kit/class-names.ts";
import { IconButton } from "../kit/button.tsx";
import type { FrameChoices, MergePhoto } from "./recipe.ts";

interface StripProps<P> {
  readonly photos: readonly MergePhoto[];
  readonly parameters: P;
  readonly choices: FrameChoices<P> | undefined;
  readonly onCommit: (parameters: P, label: string) => void;
  /** The photo that the brush takes from or avoids. */
  readonly painted: string | undefined;
}

/** The photos of a merge: which leads, and which are left out. */
export function FramesStrip<P>(props: StripProps<P>) {
  return (
    <ul
      aria-label="Photos of this merge"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard
      tabIndex={0}
      className="flex gap-2 overflow-x-auto border-t border-line p-2"
    >
      {props.photos.map((photo) => (
        <FrameCard key={photo.photo.hash} {...props} one={photo} />
      ))}
    </ul>
  );
}

function FrameCard<P>(props: StripProps<P> & { readonly one: MergePhoto }) {
  const { one, choices, parameters, photos, onCommit } = props;
  const { photo } = one;
  const url = usePreview(photo.preview);
  const isUsed = choices?.isUsed(parameters, one) ?? true;
  const leads = choices?.isReference(parameters, photos, one) === true;
  return (
    <li
      className={cx(
        "relative h-24 shrink-0 overflow-hidden rounded-md bg-sunken",
        leads && "outline-2 outline-accent",
        props.painted === photo.hash && "outline-2 outline-good",
      )}
      style={{ aspectRatio: `${Math.max(1, photo.width)} / ${Math.max(1, photo.height)}` }}
    >
      {url !== undefined && (
        <img
          src={url}
          alt={photo.name}
          draggable={false}
          className={cx("size-full object-cover", !isUsed && "opacity-25")}
        />
      )}
      <span className="tabular absolute inset-x-0 bottom-0 truncate bg-scrim px-1.5 py-0.5 text-xs">
        {leads ? "Reference · " : ""}
        {exposure(photo) || photo.name}
      </span>
      {choices !== undefined && (
        <span className="absolute top-1 right-1 flex gap-1">
          {isUsed && !leads && (
            <IconButton
              label={`Let ${photo.name} lead`}
              className="bg-scrim"
              onClick={() => onCommit(choices.lead(parameters, one), "reference photo")}
            >
              <Star size={14} aria-hidden="true" />
            </IconButton>
          )}
          <IconButton
            label={isUsed ? `Leave ${photo.name} out` : `Take ${photo.name} back in`}
            className="bg-scrim"
            pressed={!isUsed}
            onClick={() =>
              onCommit(
                choices.use(parameters, one, !isUsed),
                isUsed ? "leaving a photo out" : "taking a photo in",
              )
            }
          >
            {isUsed ? <Eye size={14} aria-hidden="true" /> : <EyeOff size={14} aria-hidden="true" />}
          </IconButton>
        </span>
      )}
    </li>
  );
}
