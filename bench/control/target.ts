import type { JsonConnection } from "#bench/support/http.ts";

/** What is measured: our control plane and etcd, each behind the same few calls over HTTP and JSON. */
export interface Target {
  readonly name: string;
  /** Processes whose CPU time counts as the server's. */
  pids(): readonly number[];
  connect(): JsonConnection;
  /** One durable write; `key` names the resource, `counter` makes the value differ. Throws unless it was done. */
  put(connection: JsonConnection, key: string, counter: number): Promise<void>;
  /** Lists every key in pages of 500; says how many there were. */
  listAll(connection: JsonConnection): Promise<number>;
  /** Counts changes as they come; resolves once `expected` were seen. `started` resolves when the watch is set up. */
  watch(
    connection: JsonConnection,
    expected: number,
  ): { readonly started: Promise<void>; readonly done: Promise<void> };
}

/** About what a small resource's spec holds. */
export function description(counter: number): string {
  return `${counter} ${"a resource of an ordinary size has some words in it. ".repeat(5)}`;
}
