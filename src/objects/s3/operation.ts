import type { Catalog, Configuration } from "#objects/catalog.ts";
import type { DataPath } from "#objects/data-path.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";

/** One call of the S3 API. The table of all (`s3/operations/table.ts`) is the only way from a request to code. */
export interface Operation {
  /** S3's name, such as `ListObjectsV2`; unsupported calls are in the table too, and answer NotImplemented with it. */
  readonly name: string;
  /** The IAM action that is authorised before `handle` runs, such as `s3:ListBucket`. */
  readonly action: string;
  readonly level: "service" | "bucket" | "object";
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Query parameters that must be there (`uploads`, `versionId`…), or a header (`x-amz-copy-source`); the operation with most matches wins. */
  readonly query?: readonly string[];
  readonly header?: string;
  /** `xml`: small and read whole; `object`: streamed; `none`: a body is refused. */
  readonly body: "none" | "xml" | "object";
  /** `signal` aborts when the client is gone. */
  readonly handle: (request: VerifiedRequest, store: ObjectStore, signal: AbortSignal) => Promise<S3Response>;
}

/** What operations work with. */
export interface ObjectStore {
  readonly catalog: Catalog;
  readonly configuration: Configuration;
  readonly data: DataPath;
  readonly clock: Clock;
  readonly random: Random;
  /** `us-east-1` unless configured. */
  readonly region: string;
}

export interface S3Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text is XML or JSON and has its length; a stream has `content-length` in `headers`. A piece of it is used until the next is asked for, and then no more. */
  readonly body?: string | AsyncIterable<Uint8Array>;
}
