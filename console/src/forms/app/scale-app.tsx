import { useState } from "react";
import { maxReplicas, type PoolState } from "#api/kinds/app.ts";
import type { App, Package } from "#console/data/app-queries.ts";
import { patchApp } from "#console/data/edit-app.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { TextField } from "#console/kit/field.tsx";
import { say } from "#console/kit/toast.tsx";
import { useAction } from "#console/lib/use-action.ts";

/** How many copies of each component run. No release: what they are made of stays. */
export function ScaleApp(props: { readonly app: App; readonly of: Package; readonly onClose: () => void }) {
  const { app, of } = props;
  const poolOf = (component: string) => app.status.pools?.find((pool) => pool.component === component);
  const now = Object.fromEntries(
    of.spec.components.map(({ name, replicas }) => [
      name,
      String(app.spec.components[name]?.replicas ?? poolOf(name)?.wanted ?? replicas),
    ]),
  );
  const [wanted, setWanted] = useState<Readonly<Record<string, string>>>(now);
  const wrong = Object.values(wanted).some((text) => !/^\d+$/.test(text) || Number(text) > maxReplicas);
  const changed = Object.entries(wanted).filter(([name, text]) => text !== now[name]);
  const scale = useAction(async () => {
    const components = Object.fromEntries(changed.map(([name, text]) => [name, { replicas: Number(text) }]));
    await patchApp(app, { components });
    props.onClose();
    say(`${app.name} is being scaled`);
  });
  return (
    <FormDialog
      title={`Scale ${app.name}`}
      description="Copies that run at once. The same release; instances are added, or drained and ended."
      error={scale.error}
      busy={scale.busy}
      submit={{ label: "Scale", disabled: wrong || changed.length === 0 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) scale.run();
      }}
      onClose={props.onClose}
    >
      {Object.entries(wanted).map(([name, text], at) => (
        <TextField
          key={name}
          label={`Copies of ${name}`}
          type="number"
          min={0}
          max={maxReplicas}
          autoFocus={at === 0}
          className="max-w-32"
          value={text}
          hint={poolHint(poolOf(name))}
          error={
            /^\d+$/.test(text) && Number(text) <= maxReplicas
              ? undefined
              : `write a number from 0 to ${maxReplicas}`
          }
          onChange={(event) => setWanted({ ...wanted, [name]: event.target.value })}
        />
      ))}
    </FormDialog>
  );
}

function poolHint(pool: PoolState | undefined): string | undefined {
  if (pool === undefined) return undefined;
  return `A scaler keeps ${pool.min} to ${pool.max}, by the jobs that wait. Another number here fixes it.`;
}
