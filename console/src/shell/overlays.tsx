import { lazy, Suspense } from "react";
import type { Me } from "#api/accounts.ts";
import { useStore } from "#console/lib/store.ts";
import { Palette } from "#console/shell/palette.tsx";
import { closeOverlay, overlay } from "#console/shell/overlay-store.ts";

const CreateProject = lazy(async () => ({
  default: (await import("#console/forms/create-project.tsx")).CreateProject,
}));
const ShortcutsHelp = lazy(async () => ({
  default: (await import("#console/shell/shortcuts-help.tsx")).ShortcutsHelp,
}));

/** What can be opened from every page. Loaded when it is first asked for, except the palette, which has to be quick. */
export function Overlays(props: { readonly me: Me }) {
  const shown = useStore(overlay);
  return (
    <>
      <Palette me={props.me} open={shown === "palette"} onClose={closeOverlay} />
      <Suspense fallback={null}>
        {shown === "create-project" && <CreateProject onClose={closeOverlay} />}
        {shown === "shortcuts" && <ShortcutsHelp me={props.me} onClose={closeOverlay} />}
      </Suspense>
    </>
  );
}
