import { File, FileImage, FileText, Folder } from "lucide-react";
import type { ReactNode } from "react";
import type { ListedObject } from "#api/objects.ts";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Ago } from "#console/kit/time.tsx";
import { formatBytes } from "#console/lib/format.ts";
import { nameIn, previewKind } from "#console/lib/object-names.ts";

const icons = { picture: FileImage, text: FileText, none: File } as const;

interface Shown {
  readonly prefix: string;
  readonly items: readonly ListedObject[];
  readonly chosen: ReadonlySet<string>;
  /** Absent: nothing can be chosen. */
  readonly onChoose: ((keys: ReadonlySet<string>) => void) | undefined;
  readonly onFolder: (prefix: string) => void;
  readonly onObject: (key: string) => void;
}

/** The folders and objects of one folder, in the order of their keys' bytes. */
export function ObjectsTable(props: Shown & { readonly empty: ReactNode }) {
  return (
    <>
      {props.onChoose !== undefined && props.items.length > 1 && (
        <ChooseAll {...props} onChoose={props.onChoose} />
      )}
      <DataTable
        label="Objects"
        columns={columns(props)}
        rows={props.items}
        rowKey={({ type, key }) => `${type}/${key}`}
        rowsAtOnce={1000}
        empty={props.empty}
      />
    </>
  );
}

function ChooseAll(props: Shown & { readonly onChoose: (keys: ReadonlySet<string>) => void }) {
  const { items, chosen } = props;
  const all = items.every(({ key }) => chosen.has(key));
  return (
    <label className="control flex items-center gap-3 border-b border-line px-4 text-xs text-dim">
      <input
        type="checkbox"
        className="size-4"
        checked={all}
        onChange={() => props.onChoose(all ? new Set() : new Set(items.map(({ key }) => key)))}
      />
      Choose all that are shown
    </label>
  );
}

function columns(props: Shown): readonly Column<ListedObject>[] {
  return [
    { header: "Name", cell: (item) => <Name item={item} {...props} />, className: "w-full" },
    {
      header: "Size",
      align: "end",
      className: "whitespace-nowrap",
      cell: ({ size }) => (size === undefined ? "–" : formatBytes(size)),
    },
    {
      header: "Changed",
      align: "end",
      className: "whitespace-nowrap text-dim",
      cell: ({ lastModified }) => (lastModified === undefined ? "–" : <Ago at={lastModified} />),
    },
  ];
}

function Name(props: Shown & { readonly item: ListedObject }) {
  const { item, prefix, chosen, onChoose } = props;
  const name = nameIn(prefix, item.key);
  const isFolder = item.type === "prefix";
  const Icon = isFolder ? Folder : icons[previewKind(item.key, undefined)];
  return (
    <span className="flex min-w-0 items-center gap-3">
      {onChoose !== undefined && (
        <input
          type="checkbox"
          aria-label={`Choose ${name}`}
          className="size-4 shrink-0"
          checked={chosen.has(item.key)}
          onChange={(event) => {
            const next = new Set(chosen);
            if (event.target.checked) next.add(item.key);
            else next.delete(item.key);
            onChoose(next);
          }}
        />
      )}
      <Icon size={16} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-faint" />
      <button
        type="button"
        title={item.key}
        onClick={() => (isFolder ? props.onFolder(item.key) : props.onObject(item.key))}
        className="control -my-1 min-w-0 text-start font-medium text-ink hover:underline hover:underline-offset-3"
      >
        {name}
      </button>
    </span>
  );
}
