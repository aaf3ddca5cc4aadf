import { useState } from "react";
import type { App, Package } from "#console/data/app-queries.ts";
import { applyApp } from "#console/data/edit-app.ts";
import { PlanDialog } from "#console/forms/app/plan-dialog.tsx";
import { CheckField, SelectField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { byVersion } from "#console/lib/app-view.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Another version of the same software, as the catalogue has it. */
export function UpgradeApp(props: {
  readonly app: App;
  readonly of: Package | undefined;
  readonly packages: readonly Package[];
  readonly onClose: () => void;
}) {
  const { app, of } = props;
  const others = props.packages
    .filter(
      (one) =>
        one.name !== app.spec.package &&
        one.deletingSince === undefined &&
        (of === undefined || one.spec.manifest.id === of.spec.manifest.id),
    )
    .toSorted(byVersion);
  const [chosen, setChosen] = useState(others[0]?.name ?? "");
  const [accepted, setAccepted] = useState(false);
  const licence = others.find(({ name }) => name === chosen)?.spec.manifest.licence;
  const asksLicence = licence?.mustAccept === true && app.spec.licence === undefined;
  const { rollbackOf: _, ...kept } = app.spec;
  const spec =
    chosen === ""
      ? undefined
      : {
          ...kept,
          package: chosen,
          ...(asksLicence && accepted ? { licence: licence.spdx ?? "accepted" } : {}),
        };
  const upgrade = useAction(async () => {
    if (spec === undefined) return;
    await applyApp({ project: app.project ?? "", name: app.name }, spec, app);
    props.onClose();
    say(`${app.name} is being brought to ${chosen}`);
  });
  return (
    <PlanDialog
      title={`Upgrade ${app.name}`}
      project={app.project ?? ""}
      app={app.name}
      spec={spec}
      confirmLabel="Upgrade"
      busy={upgrade.busy}
      error={upgrade.error}
      onConfirm={() => upgrade.run()}
      onClose={props.onClose}
    >
      {others.length === 0 ? (
        <p className="text-dim">
          The catalogue has no other version of this software. Upload one there, and it can be chosen here.
        </p>
      ) : (
        <SelectField
          label="Version"
          hint={`It runs ${of?.spec.manifest.version ?? app.spec.package} now`}
          value={chosen}
          onChange={(event) => setChosen(event.target.value)}
        >
          {others.map((one) => (
            <option key={one.id} value={one.name}>
              {`${one.spec.manifest.version} (${one.name})`}
            </option>
          ))}
        </SelectField>
      )}
      {asksLicence && (
        <CheckField
          label={`I accept the licence${licence.spdx === undefined ? "" : ` ${licence.spdx}`}`}
          checked={accepted}
          onChange={(event) => setAccepted(event.target.checked)}
        />
      )}
    </PlanDialog>
  );
}
