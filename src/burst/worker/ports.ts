import type { TaskLevel } from "#api/burst-protocol.ts";
import type { WasmModule } from "../kernel/web-assembly.ts";

/** One WebSocket to the scheduler, opened by this side. */
export interface WorkerSocket {
  /** What the scheduler says, in order; ends when the connection does. */
  readonly messages: AsyncIterable<string | Uint8Array>;
  /** Resolves when it has left; nothing happens after the end. */
  send(text: string): Promise<void>;
  readonly ending: () => { readonly code: number; readonly reason: string } | undefined;
  close(): void;
}

/** The scheduler will not have this worker; trying again does not help. */
export class WorkerRefused extends Error {
  override readonly name = "WorkerRefused";
}

/** The code of a task, verified. */
export type TaskCode =
  | { readonly level: "wasm"; readonly module: WasmModule }
  | { readonly level: "js" | "native"; readonly hash: string; readonly bytes: Uint8Array };

export interface TaskCall {
  readonly code: TaskCode;
  readonly fn: string;
  readonly args: readonly number[];
  readonly inputs: readonly Uint8Array[];
  /** How many outputs are expected. */
  readonly outputs: number;
  /** More than this and it is stopped. */
  readonly memoryBytes: number;
  /** It states that it costs next to nothing: it may run in a bundle. */
  readonly isSmall?: boolean;
}

export type TaskOutcome =
  | { readonly kind: "done"; readonly outputs: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: "trap" | "memory" | "worker"; readonly message: string };

/** Runs tasks of one level; at most as many at once as the worker has slots, or `bundle` small ones in the place of one. */
export interface TaskRunner {
  /** 1 when absent. */
  readonly bundle?: number;
  /** Rejects with the signal's reason when it aborts, and what ran is gone 500 ms later at the latest. */
  run(call: TaskCall, signal: AbortSignal): Promise<TaskOutcome>;
}

export type TaskRunners = Readonly<Partial<Record<TaskLevel, TaskRunner>>>;

/** Moves bytes to where the threads of tasks can read them without a copy; nobody uses the given ones any more. */
export type ShareBytes = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;

/** Web `fetch`, as far as blobs need it. */
export type BlobFetch = (
  url: string,
  init: {
    readonly method: "GET" | "PUT";
    readonly body?: Uint8Array<ArrayBuffer>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
) => Promise<BlobResponse>;

export interface BlobResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly body: ReadableStream<Uint8Array> | null;
}
