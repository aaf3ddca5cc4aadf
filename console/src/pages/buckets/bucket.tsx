import { Trash } from "lucide-react";
import { useState } from "react";
import { Outlet, useParams } from "react-router";
import { useBuckets, type Bucket } from "#console/data/object-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { DeleteBucket } from "#console/forms/objects/delete-bucket.tsx";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Tabs } from "#console/kit/tabs.tsx";
import { countOf, formatBytes } from "#console/lib/format.ts";
import { bucketState, s3NameOf } from "#console/pages/buckets/bucket-state.ts";
import type { ShownBucket } from "#console/pages/buckets/shown-bucket.ts";

const up = { to: "/buckets", label: "Objects" };

export function BucketPage() {
  const { project = "", bucket: name = "" } = useParams();
  const me = useMe();
  const buckets = useBuckets(project);
  const [deleting, setDeleting] = useState(false);
  const bucket = buckets.items?.find((one) => one.name === name);
  if (buckets.items === undefined)
    return buckets.error === null ? (
      <SkeletonPage />
    ) : (
      <Page title={name} up={up}>
        <Failure error={buckets.error} onRetry={() => void buckets.refetch()} />
      </Page>
    );
  if (bucket === undefined)
    return (
      <Page title={name} up={up}>
        <Empty
          title={`There is no bucket ${name} in ${project}`}
          actions={<ButtonLink to="/buckets">All buckets</ButtonLink>}
        >
          It may have been deleted; the events say when.
        </Empty>
      </Page>
    );
  const isLeaving = bucket.deletingSince !== undefined;
  const shown: ShownBucket = {
    bucket,
    at: { project, name },
    mayWrite: may(me, "object.write", project) && !isLeaving,
    mayConfigure: may(me, "bucket.configure", project) && !isLeaving,
  };
  const base = `/buckets/${project}/${name}`;
  return (
    <Page
      title={name}
      up={up}
      aside={<BucketHead bucket={bucket} />}
      subtitle={subtitleOf(bucket)}
      actions={
        may(me, "bucket.delete", project) &&
        !isLeaving && (
          <Button look="quiet" onClick={() => setDeleting(true)}>
            <Trash size={15} aria-hidden="true" />
            Delete bucket
          </Button>
        )
      }
    >
      {bucket.status.reason !== undefined && (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-ink">{bucket.status.reason}</p>
      )}
      <Tabs
        label={`Bucket ${name}`}
        items={[
          { to: base, label: "Objects", end: true },
          { to: `${base}/versions`, label: "Versions" },
          { to: `${base}/settings`, label: "Settings" },
          { to: `${base}/keys`, label: "Keys" },
        ]}
      />
      {bucket.status.phase === "ready" || bucket.status.phase === "emptying" ? (
        <Outlet context={shown} />
      ) : (
        <Empty
          title={
            bucket.status.phase === "refused" ? "This bucket could not be made" : "This bucket is being made"
          }
        >
          {bucket.status.phase === "refused" ? "Delete it and choose another name." : "It takes a moment."}
        </Empty>
      )}
      {deleting && <DeleteBucket bucket={bucket} onClose={() => setDeleting(false)} />}
    </Page>
  );
}

function BucketHead(props: { readonly bucket: Bucket }) {
  const { tone, text } = bucketState(props.bucket);
  return (
    <>
      <span role="status" aria-label="State of the bucket">
        <State tone={tone} className="text-dim">
          {text}
        </State>
      </span>
      {props.bucket.status.isPublic === true && <Tag tone="warn">public</Tag>}
    </>
  );
}

function subtitleOf(bucket: Bucket): string {
  const { objects, bytes } = bucket.status;
  const s3Name = s3NameOf(bucket);
  return [
    bucket.spec.description,
    bucket.project,
    s3Name === bucket.name ? "" : `s3://${s3Name}`,
    objects === undefined ? "" : countOf(objects, "object"),
    bytes === undefined ? "" : formatBytes(bytes),
  ]
    .filter((part) => part !== undefined && part !== "")
    .join(" · ");
}
