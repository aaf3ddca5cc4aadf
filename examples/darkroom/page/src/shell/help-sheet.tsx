import { Dialog } from "../kit/dialog.tsx";

const sections = [
  {
    title: "Everywhere",
    keys: [
      ["?", "This help"],
      ["Ctrl Z", "Undo"],
      ["Ctrl Shift Z", "Redo"],
    ],
  },
  {
    title: "Album",
    keys: [
      ["Ctrl A", "Choose all photos"],
      ["Enter", "Open the photo"],
      ["Ctrl H", "Merge the chosen to HDR"],
      ["Ctrl M", "Merge the chosen to a panorama"],
      ["G, U", "The chosen belong together, or not"],
      ["Delete", "Remove the chosen from the album"],
      ["Escape", "Choose none"],
    ],
  },
  {
    title: "Merge",
    keys: [
      ["B", "Before, as long as it is held"],
      ["Y", "Line between before and after"],
      ["L", "Loupe, pixel by pixel"],
      ["+ −, 1, 0", "Closer, farther, every pixel, the whole picture"],
      ["P, X", "Brush: take a photo, or avoid it"],
      ["[ ]", "Smaller brush, larger brush"],
      ["Escape", "Put the brush away"],
      ["Ctrl Enter", "Merge at full size"],
    ],
  },
  {
    title: "Photo",
    keys: [
      ["← →", "Photo before, next photo"],
      ["Z or Space", "Every pixel, or the whole photo"],
      ["I", "Histogram and what the camera noted"],
      ["Escape", "Back"],
    ],
  },
] as const;

/** Which keys do what. */
export function HelpSheet(props: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog open={props.open} onClose={props.onClose} title="Keys" wide>
      <div className="grid gap-6 sm:grid-cols-2 lg:grid-cols-4">
        {sections.map(({ title, keys }) => (
          <section key={title} className="flex flex-col gap-2">
            <h3 className="font-medium">{title}</h3>
            <dl className="flex flex-col gap-1.5">
              {keys.map(([key, what]) => (
                <div key={key} className="flex flex-col">
                  <dt>
                    <kbd className="rounded border border-line bg-sunken px-1.5 py-0.5 text-xs">{key}</kbd>
                  </dt>
                  <dd className="text-dim">{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
