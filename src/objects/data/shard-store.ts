import type { ShardHeader } from "./shard-header.ts";
import type { ShardDescription } from "./description.ts";

export interface ShardName {
  /** 32 hexadecimal digits. */
  readonly extentId: string;
  readonly shard: number;
}

/**
 * Where one drive keeps its shards: a seam. `local-shards.ts` keeps files on a `Disk`; a remote S3 service as a drive will be another implementation, so nothing here
 * speaks of files: a shard is written once from its beginning to its end, is durable when `finish` returns, and is read by ranges.
 */
export interface ShardStore {
  /** Begins a shard; what lay there under this name is replaced. Nothing is written before the first `append`. */
  create(header: ShardHeader): ShardWriter;
  /** The same, but what lies there stays, and is read, until `finish` puts the new one in its place. */
  replace(header: ShardHeader): ShardWriter;
  /** Fails with the code ENOENT when it is not there (in quarantine it still is). */
  open(name: ShardName): Promise<ShardReader>;
  /** It is no error when it is not there. */
  remove(name: ShardName): Promise<void>;
  /** What the shard says of itself; undefined when its header is damaged. */
  describe(
    name: ShardName,
  ): Promise<{ readonly header: ShardHeader; readonly description?: ShardDescription } | undefined>;
}

export interface ShardWriter {
  /** Writes the bytes that follow; the first ones begin with the header. One call at a time. */
  append(bytes: Uint8Array): Promise<void>;
  /** No more will be appended for now: writes back what there is and holds nothing open. Not yet durable by name. */
  rest(): Promise<void>;
  /** Appends the frame of a description; the whole shard is durable when it returns. */
  finish(frame: Uint8Array): Promise<void>;
  /** Gives it up: nothing more is written, also not by calls under way that have not begun. What was written stays until it is collected as garbage. */
  abandon(): void;
}

export interface ShardReader {
  /** Fills `into` from `at`; fewer bytes only at the end of the shard. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Bytes of the whole shard. */
  size(): Promise<number>;
  /** Never fails. */
  close(): Promise<void>;
}
