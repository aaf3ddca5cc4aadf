import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Setting } from "#api/manifest.ts";
import { SettingField } from "#console/forms/app/setting-field.tsx";
import { NeedsFields } from "#console/forms/app/needs-fields.tsx";
import type { AppFormState } from "#console/forms/app/use-app-form.ts";
import { CheckField, TextField } from "#console/kit/field.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { blobAddress } from "#console/lib/app-view.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";

type SettingEntry = readonly [string, Setting];

/** Everything about an app that people choose, made from what its package says. */
export function AppFields(props: {
  readonly state: AppFormState;
  readonly disabled: boolean;
  /** The name is given once. */
  readonly isNew: boolean;
}) {
  const { state, disabled } = props;
  const { manifest } = state.of.spec;
  const settings = Object.entries(manifest.settings);
  const advanced = settings.filter(([, setting]) => setting.advanced);
  return (
    <div data-app-form="" className="flex min-w-0 flex-col gap-6">
      {props.isNew && <NameFields state={state} />}
      {groupsOf(settings.filter(([, setting]) => !setting.advanced)).map(([group, entries]) => (
        <Panel key={group} title={group}>
          <SettingList entries={entries} state={state} disabled={disabled} />
        </Panel>
      ))}
      <RouteFields state={state} disabled={disabled} />
      <NeedsFields state={state} disabled={disabled} />
      <ScaleFields state={state} disabled={disabled} />
      {advanced.length > 0 && (
        <details className="group rounded-lg border border-line bg-surface">
          <summary className="control flex cursor-pointer list-none items-center gap-2 rounded-lg px-4 text-sm font-semibold">
            <ChevronRight
              size={15}
              aria-hidden="true"
              className="text-faint transition-transform group-open:rotate-90"
            />
            Advanced
            <span className="text-xs font-normal text-faint tabular">{advanced.length}</span>
          </summary>
          <div className="px-4 pt-2 pb-4">
            <SettingList entries={advanced} state={state} disabled={disabled} />
          </div>
        </details>
      )}
      {manifest.licence?.mustAccept === true && <LicenceField state={state} disabled={disabled} />}
    </div>
  );
}

function SettingList(props: {
  readonly entries: readonly SettingEntry[];
  readonly state: AppFormState;
  readonly disabled: boolean;
}) {
  return (
    <Fields>
      {props.entries.map(([name, setting]) => (
        <SettingField
          key={name}
          name={name}
          setting={setting}
          state={props.state}
          disabled={props.disabled}
        />
      ))}
    </Fields>
  );
}

function Fields(props: { readonly children: ReactNode }) {
  return <div className="flex max-w-xl flex-col gap-4">{props.children}</div>;
}

/** By their headings. */
function groupsOf(
  settings: readonly SettingEntry[],
): readonly (readonly [string, readonly SettingEntry[]])[] {
  const groups = Map.groupBy(settings, ([, setting]) => setting.group ?? "Settings");
  return [...groups];
}

function NameFields(props: { readonly state: AppFormState }) {
  const { form, set, errorAt, leave } = props.state;
  return (
    <Panel title="App">
      <Fields>
        <TextField
          label="Name"
          hint="In addresses and commands; it cannot be changed later"
          className="font-mono"
          autoCapitalize="none"
          value={form.name}
          error={errorAt("name")}
          onBlur={() => leave("name")}
          onChange={(event) => set({ name: event.target.value })}
        />
        <TextField
          label="Title"
          hint="For people; absent: what the package calls itself"
          value={form.title}
          error={errorAt("title")}
          onChange={(event) => set({ title: event.target.value })}
        />
      </Fields>
    </Panel>
  );
}

function RouteFields(props: { readonly state: AppFormState; readonly disabled: boolean }) {
  const { state } = props;
  const routes = Object.entries(state.of.spec.manifest.routes);
  if (routes.length === 0) return null;
  return (
    <Panel title="Addresses">
      <Fields>
        {routes.map(([name, route]) => (
          <TextField
            key={name}
            label={
              inReadersLanguage(route.title) || (routes.length === 1 ? "Host names" : `Host names of ${name}`)
            }
            hint={`Several with commas; left empty, VDC makes one from the name${route.path === "/" ? "" : `. Serves ${route.path}`}`}
            placeholder="made from the name"
            className="font-mono"
            autoCapitalize="none"
            inputMode="url"
            disabled={props.disabled}
            value={state.form.hosts[name] ?? ""}
            error={state.errorAt(`hosts.${name}`)}
            onBlur={() => state.leave(`hosts.${name}`)}
            onChange={(event) => state.setIn("hosts", name, event.target.value)}
          />
        ))}
      </Fields>
    </Panel>
  );
}

function ScaleFields(props: { readonly state: AppFormState; readonly disabled: boolean }) {
  const { state } = props;
  return (
    <Panel title="Instances">
      <Fields>
        {state.of.spec.components.map((component) => (
          <TextField
            key={component.name}
            label={`Copies of ${component.name}`}
            inputMode="numeric"
            className="max-w-24"
            disabled={props.disabled}
            value={state.form.replicas[component.name] ?? ""}
            error={state.errorAt(`replicas.${component.name}`)}
            onBlur={() => state.leave(`replicas.${component.name}`)}
            onChange={(event) => state.setIn("replicas", component.name, event.target.value)}
          />
        ))}
      </Fields>
    </Panel>
  );
}

function LicenceField(props: { readonly state: AppFormState; readonly disabled: boolean }) {
  const { state } = props;
  const { licence } = state.of.spec.manifest;
  const text = state.of.spec.presentation.licence;
  const error = state.errorAt("licence");
  return (
    <Panel title="Licence">
      <CheckField
        label={`I accept the licence${licence?.spdx === undefined ? "" : ` ${licence.spdx}`}`}
        checked={state.form.licence}
        disabled={props.disabled}
        aria-invalid={error !== undefined || undefined}
        onChange={(event) => state.set({ licence: event.target.checked })}
      />
      {error !== undefined && <p className="mt-1 text-xs text-bad">{error}</p>}
      {text !== undefined && (
        <p className="mt-2">
          <a href={blobAddress(state.of, text)} target="_blank" rel="noreferrer" className="link">
            Read it
          </a>
        </p>
      )}
    </Panel>
  );
}
