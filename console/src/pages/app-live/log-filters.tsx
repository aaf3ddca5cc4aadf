import { useInstances } from "#console/data/app-queries.ts";
import { SelectField } from "#console/kit/field.tsx";
import { Switch } from "#console/kit/switch.tsx";
import type { LogLooks } from "#console/pages/app-live/logs-tab.tsx";

/** Empty: all of them. */
export interface LogFilter {
  readonly component: string;
  readonly instance: string;
  readonly stream: string;
}

const streams = [
  { value: "stdout", label: "Standard output" },
  { value: "stderr", label: "Standard error" },
  { value: "vdc", label: "VDC's own words" },
];

/** Whose lines, and how they look. */
export function LogFilters(props: {
  readonly project: string;
  readonly app: string;
  readonly filter: LogFilter;
  readonly onFilter: (filter: LogFilter) => void;
  readonly looks: LogLooks;
  readonly onLooks: (looks: LogLooks) => void;
}) {
  const { filter, looks } = props;
  const { items = [] } = useInstances(props.project);
  const own = items.filter((instance) => instance.spec.app === props.app);
  const components = [...new Set(own.map((instance) => instance.spec.component))].toSorted();
  const instances = own
    .filter((instance) => filter.component === "" || instance.spec.component === filter.component)
    .map((instance) => instance.name);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <Choice
        label="Component"
        all="Every component"
        value={filter.component}
        options={components.map((name) => ({ value: name, label: name }))}
        onChoose={(component) => props.onFilter({ ...filter, component, instance: "" })}
      />
      <Choice
        label="Instance"
        all="Every instance"
        value={filter.instance}
        options={instances.map((name) => ({ value: name, label: name }))}
        onChoose={(instance) => props.onFilter({ ...filter, instance })}
      />
      <Choice
        label="Stream"
        all="Every stream"
        value={filter.stream}
        options={streams}
        onChoose={(stream) => props.onFilter({ ...filter, stream })}
      />
      <Switch label="Times" checked={looks.times} onChange={(times) => props.onLooks({ ...looks, times })} />
      <Switch label="Wrap" checked={looks.wrap} onChange={(wrap) => props.onLooks({ ...looks, wrap })} />
    </div>
  );
}

function Choice(props: {
  readonly label: string;
  readonly all: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChoose: (value: string) => void;
}) {
  // An instance that was replaced stays chosen until something else is.
  const isGone = props.value !== "" && !props.options.some(({ value }) => value === props.value);
  return (
    <SelectField
      label={props.label}
      hideLabel
      value={props.value}
      onChange={(event) => props.onChoose(event.target.value)}
    >
      <option value="">{props.all}</option>
      {isGone && <option value={props.value}>{props.value} (gone)</option>}
      {props.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </SelectField>
  );
}
