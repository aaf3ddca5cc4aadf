import { request } from "node:http";
import type { BlobStore } from "#burst/scheduler/blob-store.ts";
import { schedulerLimits } from "#burst/scheduler/limits.ts";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { callId } from "#objects/control/call-id.ts";
import { newPair } from "#objects/control/key/credentials.ts";
import { systemOwner, type ObjectStoreHere } from "#objects/control/ports.ts";
import { burstProject } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import { presign, type SigningCredentials } from "#objects/s3/auth/sign.ts";

const bucket = "vdc-burst";
/** Blobs that no client copied into a bucket of its own go after this. */
const keptDays = 7;
const uploadWithinMs = 30_000;

/** Blobs of burst in a bucket of VDC's own: every project under its own prefix, reached by addresses that are signed here. */
export function createBlobStore(options: {
  readonly store: ObjectStoreHere;
  readonly clock: Clock;
  readonly random: Random;
}): BlobStore {
  const { store, clock } = options;
  const { origin, host } = new URL(store.endpoint);
  let opened: Promise<SigningCredentials> | undefined;
  const credentials = async () => {
    opened ??= open(options);
    try {
      return await opened;
    } catch (error) {
      opened = undefined; // the next call tries again
      throw error;
    }
  };
  const address = async (
    method: string,
    projectId: string,
    blob: string,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const life = { now: clock.now(), expires: schedulerLimits.urlSeconds };
    const path = `/${bucket}/${keyOf(projectId, blob)}`;
    return origin + presign({ method, host, path, headers }, await credentials(), life);
  };
  return {
    has: async (projectId, blobs) => {
      await credentials();
      const there = new Set<string>();
      const rest = [...new Set(blobs)];
      const look = async () => {
        for (let blob = rest.pop(); blob !== undefined; blob = rest.pop()) {
          const { version } = await store.catalog.find({ bucket, key: keyOf(projectId, blob) });
          if (version !== undefined && !version.isDeleteMarker) there.add(blob);
        }
      };
      await Promise.all(Array.from({ length: schedulerLimits.blobsAtOnce }, look));
      return there;
    },
    readUrls: async (projectId, blobs) =>
      await Promise.all(blobs.map(async (blob) => await address("GET", projectId, blob))),
    writeUrls: async (projectId, blobs) =>
      await Promise.all(
        blobs.map(async ({ blob }) => {
          const headers = checksum(blob);
          return { url: await address("PUT", projectId, blob, headers), headers };
        }),
      ),
    put: async (projectId, blob, bytes) => {
      const headers = checksum(blob);
      await upload(await address("PUT", projectId, blob, headers), headers, bytes);
    },
  };
}

function keyOf(projectId: string, blob: string): string {
  return `${projectId}/${blob.slice(0, 2)}/${blob}`;
}

/** Signed with the address: the store takes nothing but the bytes whose hash this is. */
function checksum(blob: string): Readonly<Record<string, string>> {
  return { "x-amz-checksum-sha256": Buffer.from(blob, "hex").toString("base64") };
}

/** The bucket with its rule, and the key that signs: found, or made. Every control process signs with the same one. */
async function open({
  store: { catalog, region },
  clock,
  random,
}: {
  readonly store: ObjectStoreHere;
  readonly clock: Clock;
  readonly random: Random;
}): Promise<SigningCredentials> {
  const made = { name: bucket, project: burstProject, versioning: "off", acl: "private" } as const;
  const lifecycle = [
    { id: "kept", enabled: true, filter: {}, expiration: { days: keptDays }, abortIncompleteUploadDays: 1 },
  ];
  // Pages and browsers that work read and write by signed addresses from other origins.
  const cors = [
    {
      allowedOrigins: ["*"],
      allowedMethods: ["GET", "PUT", "HEAD"],
      allowedHeaders: ["*"],
      exposeHeaders: ["ETag"],
      maxAgeSeconds: 3_600,
    },
  ];
  try {
    await catalog.createBucket({ callId: callId(random), bucket: { ...made, lifecycle, cors } });
  } catch (error) {
    if (!(error instanceof S3Error) || error.code !== "BucketAlreadyOwnedByYou") throw error;
  }
  const own = await catalog.keys({ owner: systemOwner });
  const found = own.find(({ project, scope }) => project === burstProject && scope.access === "full");
  if (found !== undefined) return { ...pairOf(found), region };
  const pair = newPair(random);
  const scope = { buckets: [bucket], access: "full" } as const;
  await catalog.putKey({
    key: { ...pair, owner: systemOwner, project: burstProject, scope, createdAt: clock.now() },
  });
  return { ...pair, region };
}

function pairOf({ accessKeyId, secretAccessKey }: Omit<SigningCredentials, "region">) {
  return { accessKeyId, secretAccessKey };
}

async function upload(
  url: string,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const signal = AbortSignal.timeout(uploadWithinMs);
  const sending = request(url, {
    method: "PUT",
    headers: { ...headers, "content-length": bytes.length },
    signal,
  });
  sending.on("response", (response) => {
    response.resume();
    response.on("end", () => resolve(response.statusCode ?? 0));
    response.on("error", reject);
  });
  sending.on("error", reject);
  sending.end(bytes);
  const status = await promise.catch((cause: unknown) => {
    throw new VdcError("unavailable", "The object store does not take blobs.", { cause });
  });
  if (status !== 200) throw new VdcError("unavailable", `The object store refused a blob with ${status}.`);
}
