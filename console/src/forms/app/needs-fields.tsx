import type { Manifest } from "#api/manifest.ts";
import { useApps, useSecrets, useVolumes } from "#console/data/app-queries.ts";
import type { AppFormState } from "#console/forms/app/use-app-form.ts";
import { SelectField } from "#console/kit/field.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { formatBytes } from "#console/lib/format.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";

type Requirement = Manifest["requires"][string];

/** What the package needs beside itself, and what of the project is to satisfy it. */
export function NeedsFields(props: { readonly state: AppFormState; readonly disabled: boolean }) {
  const needs = Object.entries(props.state.of.spec.manifest.requires);
  if (needs.length === 0) return null;
  return (
    <Panel title="What it needs">
      <div className="flex max-w-xl flex-col gap-4">
        {needs.map(([name, need]) => (
          <NeedField key={name} name={name} need={need} {...props} />
        ))}
      </div>
    </Panel>
  );
}

function NeedField(props: {
  readonly name: string;
  readonly need: Requirement;
  readonly state: AppFormState;
  readonly disabled: boolean;
}) {
  const { name, need, state } = props;
  const { as = "", use = "" } = state.form.requires[name] ?? {};
  const alternatives = need.anyOf ?? [];
  const type = alternatives.find((one) => one.name === as)?.type ?? need.type;
  const names = useNames(state.of.project ?? "", type);
  const label = inReadersLanguage(need.description) || name;
  return (
    <>
      {alternatives.length > 0 && (
        <SelectField
          label={`${label}: by what`}
          value={as}
          disabled={props.disabled}
          onChange={(event) => state.setIn("requires", name, { as: event.target.value, use: "" })}
        >
          <option value="">{`A ${need.type}`}</option>
          {alternatives.map((one) => (
            <option key={one.name} value={one.name}>
              {`${one.name} (${one.type})`}
            </option>
          ))}
        </SelectField>
      )}
      <SelectField
        label={label}
        hint={hintOf(type, need, names.length)}
        value={use}
        disabled={props.disabled}
        error={state.errorAt(`requires.${name}`)}
        onChange={(event) => state.setIn("requires", name, { as, use: event.target.value })}
      >
        <option value="">
          {type === "volume"
            ? state.base === undefined
              ? "A new volume"
              : "The one made for it"
            : need.optional
              ? "None"
              : "Choose…"}
        </option>
        {names.map((one) => (
          <option key={one} value={one}>
            {type === "volume" ? `The volume ${one}` : one}
          </option>
        ))}
      </SelectField>
    </>
  );
}

function hintOf(type: Requirement["type"], need: Requirement, found: number): string {
  if (type === "volume")
    return need.sizeBytes === undefined
      ? "It stays when the app is removed."
      : `Needs about ${formatBytes(need.sizeBytes)}; it stays when the app is removed.`;
  const what = need.app === undefined ? `A ${type} of this project` : `An app of the package ${need.app}`;
  return found === 0 ? `${what}; there is none yet.` : `${what}.`;
}

/** What the project has of that type. */
function useNames(project: string, type: Requirement["type"]): readonly string[] {
  const volumes = useVolumes(type === "volume" ? project : "");
  const secrets = useSecrets(type === "secret" ? project : "");
  const apps = useApps(type === "app" ? project : "");
  const found = type === "volume" ? volumes : type === "secret" ? secrets : apps;
  return (found.items ?? []).map((one: { readonly name: string }) => one.name);
}
