import { useState } from "react";
import type { NotificationEndpoint } from "#api/objects.ts";
import { removeEndpoint, useEndpoints } from "#console/data/endpoint-queries.ts";
import { useProjects } from "#console/data/queries.ts";
import { ConfirmByName } from "#console/forms/confirm-by-name.tsx";
import { AddEndpoint } from "#console/forms/storage/add-endpoint.tsx";
import { Button } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { Tag } from "#console/kit/state.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatCount } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Where events of buckets are sent. */
export function EndpointsPanel() {
  const query = useEndpoints();
  const { projects } = useProjects();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<NotificationEndpoint>();
  const add = <Button onClick={() => setAdding(true)}>Add endpoint</Button>;
  return (
    <Panel
      title="Event endpoints"
      flush
      {...(query.data === undefined ? {} : { note: query.data.length })}
      actions={(query.data?.length ?? 0) > 0 && add}
    >
      {query.data === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={2} />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Event endpoints"
          columns={columns(setRemoving)}
          rows={query.data}
          rowKey={({ project, name }) => `${project}/${name}`}
          empty={
            <Empty title="Events go nowhere" actions={add}>
              A bucket can tell a web address of each object that is written or deleted. An owner allows the
              address here; the bucket’s own rules name it.
            </Empty>
          }
        />
      )}
      {adding && (
        <AddEndpoint
          projects={(projects ?? []).map(({ name }) => name)}
          taken={query.data ?? []}
          onClose={() => setAdding(false)}
        />
      )}
      {removing !== undefined && <RemoveEndpoint of={removing} onClose={() => setRemoving(undefined)} />}
    </Panel>
  );
}

function columns(remove: (endpoint: NotificationEndpoint) => void): readonly Column<NotificationEndpoint>[] {
  return [
    {
      header: "Name",
      sortBy: ({ name }) => name,
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    { header: "Project", sortBy: ({ project }) => project, cell: ({ project }) => project },
    {
      header: "Address",
      cell: ({ url, allowPrivate }) => (
        <span className="inline-flex max-w-full flex-wrap items-center gap-2">
          <code className="text-xs break-all">{url}</code>
          {allowPrivate && <Tag>private allowed</Tag>}
        </span>
      ),
    },
    {
      header: "ARN",
      optional: true,
      cell: ({ arn }) => <code className="text-xs break-all text-dim select-all">{arn}</code>,
    },
    {
      header: "Waiting",
      align: "end",
      sortBy: ({ waiting }) => waiting,
      cell: ({ waiting }) => formatCount(waiting),
    },
    {
      header: "Remove",
      quietHeader: true,
      align: "end",
      className: "w-px",
      cell: (endpoint) => (
        <Button look="quiet" aria-label={`Remove ${endpoint.name}`} onClick={() => remove(endpoint)}>
          Remove
        </Button>
      ),
    },
  ];
}

function RemoveEndpoint(props: { readonly of: NotificationEndpoint; readonly onClose: () => void }) {
  const { name } = props.of;
  const remove = useAction(async () => {
    await removeEndpoint(props.of);
    say(`Endpoint ${name} removed`);
    props.onClose();
  });
  return (
    <ConfirmByName
      name={name}
      title={`Remove ${name}?`}
      description="Events that wait for it are dropped, and none are sent there any more."
      confirmLabel="Remove it"
      cancelLabel="Keep it"
      error={remove.error}
      busy={remove.busy}
      onConfirm={() => remove.run()}
      onClose={props.onClose}
    />
  );
}
