import { Ellipsis, KeyRound, Plus, Trash, Undo2 } from "lucide-react";
import { useState } from "react";
import { useKeys, type Key } from "#console/data/object-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { CreateKey } from "#console/forms/objects/create-key.tsx";
import { IssueKey } from "#console/forms/objects/issue-key.tsx";
import { DeleteKey, RevokeKey } from "#console/forms/objects/end-key.tsx";
import { Button, IconButton } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Menu, MenuItem } from "#console/kit/menu.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { keyState } from "#console/pages/buckets/bucket-state.ts";

type Asked =
  | { readonly what: "create" }
  | { readonly what: "issue" | "revoke" | "delete"; readonly key: Key };

/** Keys of a project, or those of them that reach one bucket. */
export function KeysPanel(props: { readonly project: string; readonly bucket?: string }) {
  const { project, bucket } = props;
  const me = useMe();
  const query = useKeys(project);
  const [asked, setAsked] = useState<Asked>();
  const mayManage = may(me, "key.manage", project);
  const keys = query.items?.filter(
    ({ spec }) => bucket === undefined || spec.buckets === undefined || spec.buckets.includes(bucket),
  );
  const close = () => setAsked(undefined);
  const create = mayManage && (
    <Button look="primary" onClick={() => setAsked({ what: "create" })}>
      <Plus size={15} aria-hidden="true" />
      Create key
    </Button>
  );
  return (
    <Panel
      title={bucket === undefined ? "Keys" : "Keys that reach this bucket"}
      flush
      {...(keys === undefined ? {} : { note: keys.length })}
      actions={create}
    >
      {keys === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={3} />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Keys"
          columns={columns(mayManage, setAsked)}
          rows={keys}
          rowKey={({ id }) => id}
          empty={
            <Empty title="No key yet">
              S3 clients need a key. Make one here, or with vdc key create; its secret is shown once.
            </Empty>
          }
        />
      )}
      {asked?.what === "create" && (
        <CreateKey
          project={project}
          {...(bucket === undefined ? {} : { bucket })}
          onMade={(key) => setAsked({ what: "issue", key })}
          onClose={close}
        />
      )}
      {asked?.what === "issue" && <IssueKey of={asked.key} bucket={bucket} onClose={close} />}
      {asked?.what === "revoke" && <RevokeKey of={asked.key} onClose={close} />}
      {asked?.what === "delete" && <DeleteKey of={asked.key} onClose={close} />}
    </Panel>
  );
}

function columns(mayManage: boolean, ask: (asked: Asked) => void): readonly Column<Key>[] {
  return [
    { header: "Key", sortBy: ({ name }) => name, cell: (key) => <KeyName of={key} /> },
    {
      header: "State",
      cell: (key) => {
        const { tone, text } = keyState(key);
        return <State tone={tone}>{text}</State>;
      },
    },
    { header: "Access", cell: ({ spec }) => <Tag>{spec.access}</Tag> },
    {
      header: "Reaches",
      optional: true,
      className: "text-dim",
      cell: ({ spec }) =>
        `${spec.buckets === undefined ? "all buckets" : spec.buckets.join(", ")}${spec.prefix === undefined ? "" : ` under ${spec.prefix}`}`,
    },
    {
      header: "Works now",
      optional: true,
      cell: ({ status }) => {
        const pairs = status.credentials ?? [];
        if (pairs.length === 0) return <span className="text-faint">–</span>;
        return pairs.map(({ accessKeyId, issuedAt }) => (
          <span key={accessKeyId} className="block text-xs text-dim">
            <code className="text-ink">{accessKeyId}</code> <Ago at={issuedAt} />
          </span>
        ));
      },
    },
    {
      header: "Ends",
      align: "end",
      className: "text-dim",
      cell: ({ spec }) => (spec.expiresAt === undefined ? "never" : <Ago at={spec.expiresAt} />),
    },
    ...(mayManage ? [actsColumn(ask)] : []),
  ];
}

function actsColumn(ask: (asked: Asked) => void): Column<Key> {
  return {
    header: "Acts",
    quietHeader: true,
    align: "end",
    className: "w-px",
    cell: (key) => (
      <Menu
        trigger={
          <IconButton label={`What can be done with ${key.name}`}>
            <Ellipsis size={16} aria-hidden="true" />
          </IconButton>
        }
      >
        <MenuItem icon={<KeyRound size={15} />} onClick={() => ask({ what: "issue", key })}>
          Issue credentials
        </MenuItem>
        <MenuItem
          icon={<Undo2 size={15} />}
          disabled={(key.status.credentials ?? []).length === 0}
          onClick={() => ask({ what: "revoke", key })}
        >
          Revoke
        </MenuItem>
        <MenuItem danger icon={<Trash size={15} />} onClick={() => ask({ what: "delete", key })}>
          Delete key
        </MenuItem>
      </Menu>
    ),
  };
}

function KeyName(props: { readonly of: Key }) {
  const { name, spec, status } = props.of;
  return (
    <span className="block min-w-0">
      <span className="font-medium">{name}</span>
      {status.app !== undefined && <span className="ml-2 text-xs text-faint">{`of app ${status.app}`}</span>}
      {spec.description !== "" && <span className="block truncate text-xs text-dim">{spec.description}</span>}
    </span>
  );
}
