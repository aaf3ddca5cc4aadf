import { appKind } from "#api/kinds/app.ts";
import { api } from "#console/data/api.ts";
import { useVolumes, type App } from "#console/data/app-queries.ts";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";

/** Removes an app after its name was typed; says what goes and what stays. */
export function RemoveApp(props: { readonly app: App; readonly onClose: () => void }) {
  const { app } = props;
  const volumes = useVolumes(app.project ?? "");
  const own = (volumes.items ?? []).filter(({ status }) => status.usedBy?.includes(app.name) === true);
  const remove = useAction(async () => {
    await api.delete(appKind, { project: app.project ?? "", name: app.name });
    props.onClose();
    say(`${app.name} is being removed`);
  });
  return (
    <ConfirmByName
      name={app.name}
      title={`Remove ${app.name}?`}
      description={`Its instances are drained and ended; its routes and its releases go. ${whatStays(own.map(({ name }) => name))}`}
      confirmLabel="Remove app"
      cancelLabel="Keep it"
      error={remove.error}
      busy={remove.busy}
      onConfirm={() => remove.run()}
      onClose={props.onClose}
    />
  );
}

function whatStays(volumes: readonly string[]): string {
  const kept = "Its secrets stay, and the package stays in the catalogue.";
  if (volumes.length === 0) return kept;
  const what =
    volumes.length === 1 ? `Volume ${volumes[0] ?? ""} stays` : `Volumes ${volumes.join(", ")} stay`;
  return `${what}, with the data in ${volumes.length === 1 ? "it" : "them"}: an app of the same name finds ${volumes.length === 1 ? "it" : "them"} again. ${kept}`;
}
