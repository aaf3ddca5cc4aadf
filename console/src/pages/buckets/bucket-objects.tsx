import { useState } from "react";
import { useSearchParams } from "react-router";
import { useBucketConfig, useObjects } from "#console/data/object-queries.ts";
import { startUploads, type NewUpload } from "#console/data/object-uploads.ts";
import { Failure } from "#console/kit/failure.tsx";
import { Button } from "#console/kit/button.tsx";
import { Empty } from "#console/kit/page.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { formatCount } from "#console/lib/format.ts";
import { FolderPath } from "#console/pages/buckets/folder-path.tsx";
import { ObjectPanel } from "#console/pages/buckets/object-panel.tsx";
import { ObjectsTable } from "#console/pages/buckets/objects-table.tsx";
import { useShownBucket } from "#console/pages/buckets/shown-bucket.ts";
import { UploadButtons, UploadZone } from "#console/pages/buckets/upload-zone.tsx";
import { UploadsPanel } from "#console/pages/buckets/uploads-panel.tsx";
import { useDelete } from "#console/pages/buckets/use-delete.tsx";

/** One folder of a bucket. The folder and the object that is looked at are in the address. */
export function BucketObjects() {
  const { at, mayWrite } = useShownBucket();
  const [search, setSearch] = useSearchParams();
  const prefix = search.get("prefix") ?? "";
  const query = useObjects(at, prefix);
  const config = useBucketConfig(at);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const remove = useDelete(at, config.data?.versioning === "enabled", () => setChosen(new Set()));
  const { items } = query;
  const picked = (items ?? []).filter(({ key }) => chosen.has(key));

  const open = (change: { readonly prefix?: string; readonly object?: string | undefined }) => {
    if (change.prefix !== undefined) setChosen(new Set());
    setSearch((before) => {
      before.delete("object");
      if (change.prefix === "") before.delete("prefix");
      else if (change.prefix !== undefined) before.set("prefix", change.prefix);
      if (change.object !== undefined) before.set("object", change.object);
      return before;
    });
  };
  const upload = (files: readonly NewUpload[]) => {
    // Where versions are kept, writing over one loses nothing.
    startUploads(at, files, config.data?.versioning === "enabled");
  };
  const shown = search.get("object");
  return (
    <>
      <UploadsPanel at={at} />
      <UploadZone prefix={prefix} disabled={!mayWrite} onFiles={upload}>
        <div className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-2">
          <FolderPath bucket={at.name} prefix={prefix} onOpen={(to) => open({ prefix: to })} />
          <div className="flex flex-wrap items-center gap-2">
            {mayWrite && picked.length > 0 && (
              <Button onClick={() => remove.ask(picked)} busy={remove.busy}>
                {`Delete ${formatCount(picked.length)} chosen`}
              </Button>
            )}
            {mayWrite && <UploadButtons prefix={prefix} onFiles={upload} />}
          </div>
        </div>
        {query.error !== null && items === undefined ? (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        ) : items === undefined ? (
          <SkeletonRows />
        ) : (
          <ObjectsTable
            prefix={prefix}
            items={items}
            chosen={chosen}
            onChoose={mayWrite ? setChosen : undefined}
            onFolder={(to) => open({ prefix: to })}
            onObject={(key) => open({ object: key })}
            empty={
              <Empty title={prefix === "" ? "No object yet" : "This folder is empty"}>
                {mayWrite
                  ? "Drop files or folders here, choose them with the buttons above, or use any S3 client."
                  : "Nothing has been stored here."}
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
      </UploadZone>
      {shown !== null && (
        <ObjectPanel
          target={{ key: shown }}
          onClose={() => open({ object: undefined })}
          onDelete={
            mayWrite
              ? () => {
                  open({ object: undefined });
                  remove.ask([{ type: "object", key: shown }]);
                }
              : undefined
          }
        />
      )}
      {remove.dialog}
    </>
  );
}
