import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { OwnStore } from "./own-store.ts";

/** The official SDK, which checks every checksum that comes back. What fails once fails the test. */
export function sdk(store: OwnStore, options: S3ClientConfig = {}): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = store;
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    ...options,
  });
}
