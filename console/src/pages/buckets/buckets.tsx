import { Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { maxProjectsAtOnce } from "#console/data/app-queries.ts";
import { useBucketsOf, useStoreStatus, type Bucket } from "#console/data/object-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { CreateBucket } from "#console/forms/objects/create-bucket.tsx";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { DataTable, type Column } from "#console/kit/data-table.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Ago } from "#console/kit/time.tsx";
import { countOf, formatBytes, formatCount } from "#console/lib/format.ts";
import { ProjectSelect, useProjectChoice } from "#console/pages/apps/project-choice.tsx";
import { bucketState } from "#console/pages/buckets/bucket-state.ts";
import { BucketsTabs } from "#console/pages/buckets/buckets-tabs.tsx";

/** Every bucket that the caller may see. */
export function Buckets() {
  const me = useMe();
  const { names, chosen, choose } = useProjectChoice();
  const shown = chosen === "" ? (names ?? []) : [chosen];
  const query = useBucketsOf(shown);
  const [creating, setCreating] = useState(false);
  const buckets = names === undefined ? undefined : query.items;
  const makers = (names ?? []).filter((name) => may(me, "bucket.create", name));
  const create = makers.length > 0 && (
    <Button look="primary" onClick={() => setCreating(true)}>
      <Plus size={15} aria-hidden="true" />
      Create bucket
    </Button>
  );
  return (
    <Page
      title="Objects"
      subtitle="Files under names, in buckets that every S3 client can use."
      actions={create}
    >
      <BucketsTabs />
      <section aria-label="Buckets" className="rounded-lg border border-line bg-surface">
        <div className="flex flex-wrap items-start gap-3 border-b border-line p-3">
          <div className="w-48 max-sm:w-full">
            <ProjectSelect names={names ?? []} value={chosen} all hideLabel onChange={choose} />
          </div>
          {buckets !== undefined && (
            <span className="ml-auto self-center text-xs text-faint tabular" role="status">
              {countOf(buckets.length, "bucket")}
              {shown.length > maxProjectsAtOnce && ` of the first ${maxProjectsAtOnce} projects`}
            </span>
          )}
        </div>
        {query.error !== null ? (
          <div className="p-4">
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          </div>
        ) : buckets === undefined ? (
          <SkeletonRows />
        ) : (
          <DataTable
            label="Buckets"
            columns={columns(chosen === "" && (names?.length ?? 0) > 1)}
            rows={buckets}
            rowKey={({ id }) => id}
            empty={
              <Empty
                title="No bucket yet"
                actions={
                  <>
                    {create}
                    <ButtonLink to="/buckets/keys">Access keys</ButtonLink>
                  </>
                }
              >
                A bucket holds objects under names. Make one here, with vdc bucket create, or by any S3 client
                that has a key.
              </Empty>
            }
          />
        )}
      </section>
      <Endpoint />
      {creating && <CreateBucket projects={makers} project={chosen} onClose={() => setCreating(false)} />}
    </Page>
  );
}

/** Where S3 clients find the service, and how the first one is set up. */
function Endpoint() {
  const { data } = useStoreStatus();
  if (data === undefined) return null;
  if (data.endpoint === undefined)
    return (
      <Panel title="S3 service">
        <p className="text-dim">{data.reason ?? "There is no object store in this data center."}</p>
      </Panel>
    );
  return (
    <Panel
      title="Use it with S3 clients"
      {...(data.region === undefined ? {} : { note: `region ${data.region}` })}
    >
      <div className="grid gap-4 md:grid-cols-3">
        <Step title="1. Point the client here">
          <CopyField text={data.endpoint} label="Copy endpoint" />
        </Step>
        <Step title="2. Make a key">
          <CopyField text="vdc key create laptop" label="Copy command for a key" />
        </Step>
        <Step title="3. Use it, here with aws-cli">
          <CopyField
            text={`aws --endpoint-url ${data.endpoint} s3 cp file.txt s3://BUCKET/`}
            label="Copy example for aws-cli"
          />
        </Step>
      </div>
      {data.phase !== "serving" && (
        <p className="mt-3 text-dim">
          <State tone="warn">{`The store is ${data.phase}`}</State>
          {data.reason !== undefined && ` ${data.reason}`}
        </p>
      )}
    </Panel>
  );
}

function Step(props: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <p className="text-dim">{props.title}</p>
      {props.children}
    </div>
  );
}

function columns(withProject: boolean): readonly Column<Bucket>[] {
  return [
    { header: "Bucket", sortBy: ({ name }) => name, cell: (bucket) => <BucketName bucket={bucket} /> },
    {
      header: "State",
      sortBy: (bucket) => bucketState(bucket).text,
      cell: (bucket) => {
        const { tone, text } = bucketState(bucket);
        return <State tone={tone}>{text}</State>;
      },
    },
    ...(withProject
      ? [
          {
            header: "Project",
            sortBy: ({ project = "" }: Bucket) => project,
            cell: ({ project }: Bucket) => project,
          },
        ]
      : []),
    {
      header: "Objects",
      align: "end",
      sortBy: ({ status }) => status.objects ?? 0,
      cell: ({ status }) => (status.objects === undefined ? "–" : formatCount(status.objects)),
    },
    {
      header: "Size",
      align: "end",
      sortBy: ({ status }) => status.bytes ?? 0,
      cell: ({ status }) => (status.bytes === undefined ? "–" : formatBytes(status.bytes)),
    },
    {
      header: "Access",
      optional: true,
      cell: ({ status }) => (status.isPublic === true ? <Tag tone="warn">public</Tag> : <Tag>keys only</Tag>),
    },
    {
      header: "Versions",
      optional: true,
      className: "text-dim",
      cell: ({ status }) => status.versioning ?? "–",
    },
    { header: "Age", optional: true, className: "text-dim", cell: ({ createdAt }) => <Ago at={createdAt} /> },
  ];
}

function BucketName(props: { readonly bucket: Bucket }) {
  const { name, project = "", spec, status } = props.bucket;
  const note = status.phase === "refused" ? status.reason : spec.description;
  return (
    <span className="block min-w-0">
      <Link
        to={`/buckets/${project}/${name}`}
        className="font-medium text-ink hover:underline hover:underline-offset-3 max-sm:inline-flex max-sm:min-h-8 max-sm:items-center"
      >
        {name}
      </Link>
      {status.app !== undefined && <span className="ml-2 text-xs text-faint">{`of app ${status.app}`}</span>}
      {note !== undefined && note !== "" && (
        <span className="block max-w-[48ch] truncate text-xs text-dim" title={note}>
          {note}
        </span>
      )}
    </span>
  );
}
