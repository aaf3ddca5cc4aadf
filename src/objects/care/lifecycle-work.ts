import { lifecycleWriter } from "#objects/catalog/plan-remove.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { BucketRecord, LifecycleRule, VersionRecord } from "#objects/records.ts";
import type { CarePorts } from "./care-ports.ts";
import { isUploadExpired, planLifecycle, type LifecycleAction } from "./lifecycle.ts";

const pageKeys = 1_000;

/** Applies the lifecycle rules of all buckets once. Objects that are locked stay. Answers how many versions and uploads went. */
export async function applyLifecycle(ports: CarePorts, signal: AbortSignal): Promise<number> {
  let removed = 0;
  for (const bucket of ports.buckets()) {
    if (bucket.lifecycle === undefined || !bucket.lifecycle.some(({ enabled }) => enabled)) continue;
    removed += await applyToVersions(ports, bucket, bucket.lifecycle, signal);
    removed += await applyToUploads(ports, bucket, bucket.lifecycle, signal);
  }
  return removed;
}

async function applyToVersions(
  ports: CarePorts,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  let versions: VersionRecord[] = [];
  const flush = async () => {
    for (const action of planLifecycle(rules, versions, ports.clock.now()))
      removed += await act(ports, bucket.name, action);
    versions = [];
  };
  let marker: { readonly keyMarker: string; readonly versionIdMarker?: string } = { keyMarker: "" };
  // Bounded by the bucket.
  for (;;) {
    signal.throwIfAborted();
    const page = await ports.catalog.listVersions({
      bucket: bucket.name,
      prefix: "",
      delimiter: "",
      limit: pageKeys,
      ...marker,
    });
    for (const entry of page.entries) {
      if (entry.type !== "version") continue;
      if (versions[0] !== undefined && versions[0].key !== entry.version.key) await flush();
      versions.push(entry.version);
    }
    if (!page.isTruncated || page.nextKeyMarker === undefined) break;
    const { nextVersionIdMarker: versionIdMarker } = page;
    marker = { keyMarker: page.nextKeyMarker, ...(versionIdMarker === undefined ? {} : { versionIdMarker }) };
  }
  await flush();
  return removed;
}

async function applyToUploads(
  ports: CarePorts,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  let marker: { readonly keyMarker: string; readonly uploadIdMarker?: string } = { keyMarker: "" };
  for (;;) {
    signal.throwIfAborted();
    const page = await ports.catalog.listUploads({
      bucket: bucket.name,
      prefix: "",
      delimiter: "",
      limit: pageKeys,
      ...marker,
    });
    for (const entry of page.entries) {
      if (entry.type !== "upload" || !isUploadExpired(rules, entry.upload, ports.clock.now())) continue;
      const { key, uploadId } = entry.upload;
      await ports.catalog.abortUpload({ callId: callId(ports), bucket: bucket.name, key, uploadId });
      removed += 1;
    }
    if (!page.isTruncated || page.nextKeyMarker === undefined) return removed;
    const { nextUploadIdMarker: uploadIdMarker } = page;
    marker = { keyMarker: page.nextKeyMarker, ...(uploadIdMarker === undefined ? {} : { uploadIdMarker }) };
  }
}

async function act(ports: CarePorts, bucket: string, action: LifecycleAction): Promise<number> {
  const version =
    action.do === "expire" ? { condition: { sequence: action.sequence } } : { versionId: action.versionId };
  try {
    await ports.catalog.remove({
      callId: callId(ports),
      bucket,
      key: action.key,
      ...version,
      bypassGovernance: false,
      writer: lifecycleWriter,
    });
    return 1;
  } catch (error) {
    if (error instanceof S3Error) return 0; // locked, gone or written anew meanwhile
    throw error;
  }
}

const callId = (ports: CarePorts) => Buffer.from(ports.random.bytes(16)).toString("hex");
