import { useSearchParams } from "react-router";
import { may, type Action } from "#console/data/permissions.ts";
import { useProjects } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { SelectField } from "#console/kit/field.tsx";

/** The projects in which the caller may do something, and the one that the address names. */
export function useProjectChoice(action?: Action) {
  const me = useMe();
  const { projects } = useProjects();
  const [search, setSearch] = useSearchParams();
  const names = projects
    ?.filter(
      ({ name, deletingSince }) =>
        deletingSince === undefined && (action === undefined || may(me, action, name)),
    )
    .map(({ name }) => name);
  const asked = search.get("project") ?? "";
  return {
    names,
    /** "" when the address names none that there is. */
    chosen: names?.includes(asked) === true ? asked : "",
    choose: (name: string) =>
      setSearch(
        (before) => {
          if (name === "") before.delete("project");
          else before.set("project", name);
          before.delete("package");
          return before;
        },
        { replace: true },
      ),
  };
}

/** Where work begins when nobody has chosen. */
export function usualProject(names: readonly string[]): string {
  return names.includes("default") ? "default" : (names[0] ?? "");
}

export function ProjectSelect(props: {
  readonly names: readonly string[];
  readonly value: string;
  readonly all?: boolean;
  readonly hideLabel?: boolean;
  readonly onChange: (name: string) => void;
}) {
  return (
    <SelectField
      label="Project"
      {...(props.hideLabel === undefined ? {} : { hideLabel: props.hideLabel })}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
    >
      {props.all === true && <option value="">All projects</option>}
      {props.names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
