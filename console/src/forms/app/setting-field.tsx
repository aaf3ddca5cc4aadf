import type { Setting } from "#api/manifest.ts";
import type { AppFormState } from "#console/forms/app/use-app-form.ts";
import { CheckField, SelectField, TextArea, TextField } from "#console/kit/field.tsx";
import { inReadersLanguage } from "#console/lib/localized.ts";

const inputTypes: Partial<Record<Setting["type"], string>> = { email: "email", url: "url" };

/** One setting of a package, as its type and hints ask for. */
export function SettingField(props: {
  readonly name: string;
  readonly setting: Setting;
  readonly state: AppFormState;
  readonly disabled: boolean;
}) {
  const { name, setting, state, disabled } = props;
  const path = `settings.${name}`;
  const text = state.form.settings[name] ?? "";
  const error = state.errorAt(path);
  const shared = {
    label: labelOf(name, setting),
    disabled,
    onBlur: () => state.leave(path),
  };
  const change = (value: string) => state.setIn("settings", name, value);
  const about = hintOf(setting);
  const hint = about === "" ? {} : { hint: about };
  if (setting.secret) return <SecretField {...props} label={shared.label} error={error} />;
  if (setting.type === "boolean")
    return (
      <CheckField
        {...shared}
        {...hint}
        checked={text === "true"}
        onChange={(event) => change(String(event.target.checked))}
      />
    );
  if (setting.type === "enum")
    return (
      <SelectField
        {...shared}
        {...hint}
        error={error}
        value={text}
        onChange={(event) => change(event.target.value)}
      >
        {(setting.default === undefined || text === "") && <option value="">Choose…</option>}
        {(setting.choices ?? []).map((choice) => (
          <option key={choice.value} value={choice.value}>
            {inReadersLanguage(choice.label) || choice.value}
          </option>
        ))}
      </SelectField>
    );
  const around = {
    ...shared,
    ...hint,
    error,
    value: text,
    required: setting.required,
    ...(setting.placeholder === undefined ? {} : { placeholder: setting.placeholder }),
  };
  if (setting.type === "text")
    return <TextArea {...around} rows={4} onChange={(event) => change(event.target.value)} />;
  const isNumber = setting.type === "integer" || setting.type === "number";
  return (
    <TextField
      {...around}
      type={inputTypes[setting.type] ?? "text"}
      {...(isNumber ? { inputMode: setting.type === "integer" ? "numeric" : "decimal" } : {})}
      className={isNumber ? "max-w-40" : ""}
      onChange={(event) => change(event.target.value)}
    />
  );
}

/** A value that goes in and never comes out: the field is empty also when there is one. */
function SecretField(props: {
  readonly name: string;
  readonly setting: Setting;
  readonly state: AppFormState;
  readonly disabled: boolean;
  readonly label: string;
  readonly error: string | undefined;
}) {
  const { name, setting, state } = props;
  const path = `settings.${name}`;
  const isKept =
    state.base !== undefined && (state.base.settings[name] !== undefined || setting.generate !== undefined);
  const about = inReadersLanguage(setting.description).replaceAll("`", "");
  const rule = isKept
    ? "Kept and not shown; type a new one to replace it."
    : setting.generate === undefined
      ? "Kept encrypted and never shown again."
      : "Left empty, one is made.";
  return (
    <TextField
      label={props.label}
      type="password"
      autoComplete="new-password"
      hint={about === "" || isKept ? rule : about}
      error={props.error}
      disabled={props.disabled}
      placeholder={isKept ? "••••••••" : setting.generate === undefined ? "" : "made for you"}
      value={state.form.settings[name] ?? ""}
      onBlur={() => state.leave(path)}
      onChange={(event) => state.setIn("settings", name, event.target.value)}
    />
  );
}

function labelOf(name: string, setting: Setting): string {
  return inReadersLanguage(setting.label) || name;
}

/** The description, and the limits that nobody could guess. */
function hintOf(setting: Setting): string {
  const { minimum, maximum } = setting;
  const range =
    minimum !== undefined && maximum !== undefined
      ? `From ${minimum} to ${maximum}.`
      : minimum !== undefined
        ? `At least ${minimum}.`
        : maximum !== undefined
          ? `At most ${maximum}.`
          : "";
  // Descriptions may be Markdown; here they are a line of plain text.
  const description = inReadersLanguage(setting.description).replaceAll("`", "");
  return [description, range].filter((part) => part !== "").join(" ");
}
