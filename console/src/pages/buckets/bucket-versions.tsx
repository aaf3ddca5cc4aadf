import { Download, RotateCcw, Trash } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { ListedObject } from "#api/objects.ts";
import { copyBack, deleteObjects, downloadObject, type Target } from "#console/data/object-calls.ts";
import { useBucketConfig, useObjects } from "#console/data/object-queries.ts";
import { Button, IconButton } from "#console/kit/button.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { TextField } from "#console/kit/field.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatBytes } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";
import { useSettled } from "#console/lib/use-settled.ts";
import { useShownBucket } from "#console/pages/buckets/shown-bucket.ts";

const typingMs = 300;

interface Acts {
  readonly restore: (item: ListedObject) => void;
  readonly remove: (item: ListedObject) => void;
  readonly download: (item: ListedObject) => void;
}

/** Every version of every object, the newest of each first, and the ways back. */
export function BucketVersions() {
  const { at, mayWrite } = useShownBucket();
  const [search, setSearch] = useSearchParams();
  const prefix = search.get("prefix") ?? "";
  const query = useObjects(at, useSettled(prefix, typingMs), true);
  const config = useBucketConfig(at);
  const [removing, setRemoving] = useState<ListedObject>();
  const act = useAction(async (item: ListedObject, how: "restore" | "download") => {
    if (how === "download") return await downloadObject(at, targetOf(item));
    // Without its mark a deleted object is there again; an old version is written again as the newest.
    if (item.type === "delete-marker") await deleteObjects(at, [targetOf(item)]);
    else await copyBack(at, targetOf(item));
    say(`${item.key} is back`);
  });
  const acts: Acts = {
    restore: (item) => act.run(item, "restore"),
    download: (item) => act.run(item, "download"),
    remove: setRemoving,
  };
  return (
    <Panel
      title="Versions"
      flush
      actions={
        <div className="w-64 max-sm:w-full">
          <TextField
            label="Keys that begin with"
            hideLabel
            type="search"
            placeholder="Keys that begin with"
            value={prefix}
            onChange={(event) =>
              setSearch(event.target.value === "" ? {} : { prefix: event.target.value }, { replace: true })
            }
          />
        </div>
      }
    >
      {act.error !== undefined && (
        <div className="p-4">
          <FailureNote error={act.error} />
        </div>
      )}
      {query.items === undefined ? (
        query.error === null ? (
          <SkeletonRows />
        ) : (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )
      ) : (
        <DataTable
          label="Versions"
          columns={columns(mayWrite, acts)}
          rows={query.items}
          rowKey={({ key, versionId }) => `${key} ${versionId ?? ""}`}
          rowsAtOnce={1000}
          empty={
            <Empty title={prefix === "" ? "No version yet" : "No key begins like this"}>
              {config.data?.versioning === "enabled"
                ? "Every object that is written, written over or deleted is listed here."
                : "This bucket does not keep versions. Turn them on under Settings."}
            </Empty>
          }
        />
      )}
      {query.hasNextPage && (
        <div className="flex justify-center border-t border-line p-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {removing !== undefined && <DeleteVersion item={removing} onClose={() => setRemoving(undefined)} />}
    </Panel>
  );
}

function columns(mayWrite: boolean, acts: Acts): readonly Column<ListedObject>[] {
  return [
    {
      header: "Key",
      cell: ({ key, isLatest }) => (
        <span className={isLatest === true ? "font-medium" : "text-dim"}>{key}</span>
      ),
    },
    {
      header: "Version",
      optional: true,
      cell: ({ versionId = "" }) => (
        <code className="text-xs text-dim" title={versionId}>
          {versionId.length > 14 ? `${versionId.slice(0, 12)}…` : versionId}
        </code>
      ),
    },
    {
      header: "What",
      cell: ({ type, isLatest }) =>
        type === "delete-marker" ? (
          <State tone={isLatest === true ? "warn" : "rest"}>deleted</State>
        ) : (
          <State tone={isLatest === true ? "good" : "rest"}>{isLatest === true ? "newest" : "older"}</State>
        ),
    },
    {
      header: "Size",
      align: "end",
      cell: ({ size }) => (size === undefined ? "–" : formatBytes(size)),
    },
    {
      header: "Written",
      align: "end",
      className: "text-dim",
      cell: ({ lastModified }) => (lastModified === undefined ? "–" : <Ago at={lastModified} />),
    },
    {
      header: "What can be done",
      align: "end",
      className: "w-px whitespace-nowrap",
      cell: (item) => <VersionActs item={item} mayWrite={mayWrite} acts={acts} />,
    },
  ];
}

function VersionActs(props: {
  readonly item: ListedObject;
  readonly mayWrite: boolean;
  readonly acts: Acts;
}) {
  const { item, mayWrite, acts } = props;
  const isMark = item.type === "delete-marker";
  const of = `${item.key}, version ${item.versionId ?? ""}`;
  const canRestore = mayWrite && (isMark ? item.isLatest === true : item.isLatest !== true);
  return (
    <span className="inline-flex items-center justify-end">
      {canRestore && (
        <IconButton label={`Restore ${of}`} onClick={() => acts.restore(item)}>
          <RotateCcw size={15} aria-hidden="true" />
        </IconButton>
      )}
      {!isMark && (
        <IconButton label={`Download ${of}`} onClick={() => acts.download(item)}>
          <Download size={15} aria-hidden="true" />
        </IconButton>
      )}
      {mayWrite && (
        <IconButton label={`Delete ${of}`} onClick={() => acts.remove(item)}>
          <Trash size={15} aria-hidden="true" />
        </IconButton>
      )}
    </span>
  );
}

function DeleteVersion(props: { readonly item: ListedObject; readonly onClose: () => void }) {
  const { item, onClose } = props;
  const { at } = useShownBucket();
  const remove = useAction(async () => {
    const { refusals } = await deleteObjects(at, [targetOf(item)]);
    const [refusal] = refusals;
    onClose();
    if (refusal === undefined) say(`One version of ${item.key} deleted`);
    else say(`${item.key} could not be deleted`, { tone: "bad", description: refusal.message });
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Delete this version?"
      description={
        item.type === "delete-marker"
          ? `Without this mark ${item.key} is as it was before it was deleted.`
          : `This version of ${item.key} is gone for good; other versions stay.`
      }
    >
      <FailureNote error={remove.error} />
      <DialogActions>
        <Button look="quiet" onClick={onClose}>
          Keep it
        </Button>
        <Button look="danger" busy={remove.busy} onClick={() => remove.run()}>
          Delete version
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function targetOf({ key, versionId }: ListedObject): Target {
  return { key, ...(versionId === undefined ? {} : { versionId }) };
}
