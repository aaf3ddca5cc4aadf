import type { Me } from "#api/accounts.ts";
import { Dialog } from "#console/kit/dialog.tsx";
import { placesFor } from "#console/shell/navigation.ts";
import { commandKey } from "#console/shell/top-bar.tsx";

export function ShortcutsHelp(props: { readonly me: Me; readonly onClose: () => void }) {
  const general = [
    { keys: `${commandKey()}K`, does: "Search and do" },
    { keys: "/", does: "Search in the page" },
    { keys: "o", does: "Operations" },
    { keys: "?", does: "This help" },
    { keys: "Esc", does: "Close what is open" },
  ];
  const pages = placesFor(props.me).map((place) => ({ keys: `g ${place.key}`, does: place.label }));
  return (
    <Dialog
      open
      onClose={props.onClose}
      title="Keyboard shortcuts"
      description="Single keys can be turned off in your account."
    >
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        <Keys title="Everywhere" rows={general} />
        <Keys title="Pages" rows={pages} />
      </div>
    </Dialog>
  );
}

function Keys(props: {
  readonly title: string;
  readonly rows: readonly { readonly keys: string; readonly does: string }[];
}) {
  return (
    <div>
      <h3 className="mb-1 text-xs font-medium text-faint">{props.title}</h3>
      <dl>
        {props.rows.map((row) => (
          <div key={row.keys} className="flex items-center justify-between gap-4 py-1">
            <dt className="text-dim">{row.does}</dt>
            <dd className="flex gap-1">
              {row.keys.split(" ").map((key) => (
                <kbd
                  key={key}
                  className="rounded-sm border border-line bg-surface px-1.5 text-xs leading-5 text-ink"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
