import { Tag } from "#console/kit/state.tsx";

/** Labels in a row of a table; the rest is counted. */
const shownLabels = 3;

export function Labels(props: { readonly labels: Readonly<Record<string, string>>; readonly all?: boolean }) {
  const entries = Object.entries(props.labels);
  const shown = props.all === true ? entries : entries.slice(0, shownLabels);
  if (entries.length === 0) return <span className="text-faint">–</span>;
  return (
    <span className="inline-flex flex-wrap gap-1 max-sm:justify-end">
      {shown.map(([key, value]) => (
        <Tag key={key}>{value === "" ? key : `${key}=${value}`}</Tag>
      ))}
      {entries.length > shown.length && (
        <span className="text-xs text-faint">+{entries.length - shown.length}</span>
      )}
    </span>
  );
}
