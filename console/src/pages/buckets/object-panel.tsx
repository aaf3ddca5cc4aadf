import { Download, History, ShieldCheck, Trash } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { ObjectDetail } from "#api/objects.ts";
import { downloadObject, type Target } from "#console/data/object-calls.ts";
import { useObject } from "#console/data/object-queries.ts";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { Drawer } from "#console/kit/dialog.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { Labels } from "#console/kit/labels.tsx";
import { Facts } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { FullTime } from "#console/kit/time.tsx";
import { formatBytes, formatCount } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";
import { s3NameOf } from "#console/pages/buckets/bucket-state.ts";
import { ObjectPreview } from "#console/pages/buckets/object-preview.tsx";
import { ShardMap } from "#console/pages/buckets/shard-map.tsx";
import { useShownBucket } from "#console/pages/buckets/shown-bucket.ts";

/** One object: what it is, how it looks, and where its bytes lie. */
export function ObjectPanel(props: {
  readonly target: Target;
  readonly onClose: () => void;
  readonly onDelete: (() => void) | undefined;
}) {
  const { at } = useShownBucket();
  const { key, versionId } = props.target;
  const [verify, setVerify] = useState(false);
  const query = useObject(at, key, versionId, verify);
  const name = key.split("/").findLast((part) => part !== "") ?? key;
  return (
    <Drawer open onClose={props.onClose} title={name}>
      <div className="flex flex-col gap-6 p-4">
        {query.data === undefined ? (
          query.error === null ? (
            <SkeletonRows />
          ) : (
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          )
        ) : (
          <>
            <ObjectPreview
              key={`${key}/${versionId ?? ""}`}
              object={query.data}
              at={at}
              target={props.target}
            />
            <Actions target={props.target} onDelete={props.onDelete} />
            <ObjectFacts object={query.data} />
            <Block title="Where its bytes lie">
              <ShardMap object={query.data} />
              <Button
                onClick={() => (verify ? void query.refetch() : setVerify(true))}
                busy={query.isFetching}
              >
                <ShieldCheck size={15} aria-hidden="true" />
                Check every byte now
              </Button>
            </Block>
          </>
        )}
      </div>
    </Drawer>
  );
}

function Actions(props: { readonly target: Target; readonly onDelete: (() => void) | undefined }) {
  const { at, bucket } = useShownBucket();
  const { target } = props;
  const download = useAction(() => downloadObject(at, target));
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Button look="primary" busy={download.busy} onClick={() => download.run()}>
          <Download size={15} aria-hidden="true" />
          Download
        </Button>
        <ButtonLink
          to={`/buckets/${at.project}/${at.name}/versions?prefix=${encodeURIComponent(target.key)}`}
        >
          <History size={15} aria-hidden="true" />
          Versions
        </ButtonLink>
        {props.onDelete !== undefined && (
          <Button look="quiet" onClick={props.onDelete}>
            <Trash size={15} aria-hidden="true" />
            Delete
          </Button>
        )}
      </div>
      <FailureNote error={download.error} />
      <CopyField text={`s3://${s3NameOf(bucket)}/${target.key}`} label="Copy S3 address" />
    </div>
  );
}

function ObjectFacts(props: { readonly object: ObjectDetail }) {
  const { object } = props;
  const { versionId, contentType, encryption, retention, legalHold } = object;
  return (
    <>
      <Facts
        items={[
          { name: "Size", value: `${formatBytes(object.size)} (${formatCount(object.size)} bytes)` },
          { name: "Type", value: contentType ?? "not said" },
          { name: "Written", value: <FullTime at={object.lastModified} /> },
          { name: "Entity tag", value: <Code>{object.etag}</Code> },
          ...(versionId === undefined
            ? []
            : [
                {
                  name: "Version",
                  value: (
                    <>
                      <Code>{versionId}</Code>
                      {object.isLatest && " newest"}
                    </>
                  ),
                },
              ]),
          { name: "Encryption", value: encryption ?? "none" },
          ...(retention === undefined
            ? []
            : [
                {
                  name: "Locked",
                  value: (
                    <>
                      {`${retention.mode.toLowerCase()} until `}
                      <FullTime at={retention.until} />
                    </>
                  ),
                },
              ]),
          ...(legalHold ? [{ name: "Legal hold", value: "held until somebody lifts it" }] : []),
          ...object.checksums.map(({ algorithm, type, value }) => ({
            name: algorithm,
            value: <Code>{type === "COMPOSITE" ? `${value} (of the parts)` : value}</Code>,
          })),
        ]}
      />
      {Object.keys(object.tags).length > 0 && (
        <Block title="Tags">
          <Labels labels={object.tags} all />
        </Block>
      )}
      {Object.keys(object.metadata).length > 0 && (
        <Block title="Metadata">
          <Facts items={Object.entries(object.metadata).map(([name, value]) => ({ name, value }))} />
        </Block>
      )}
    </>
  );
}

function Code(props: { readonly children: string }) {
  return <code className="text-xs break-all select-all">{props.children}</code>;
}

function Block(props: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="flex flex-col items-start gap-3">
      <h3 className="text-sm font-semibold">{props.title}</h3>
      {props.children}
    </section>
  );
}
