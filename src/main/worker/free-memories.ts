import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that instances may have taken since their memories were last freed. */
const garbageBytes = 64 * 1024 ** 2;
let taken = 0;

setFlagsFromString("--expose-gc");
// The flag gives it to contexts that are made after it.
const collect = runInNewContext("gc") as () => void;

/**
 * To be called after each kernel, with what it could take. Frees the memories of instances that are gone: nothing but V8's collector does, and that waits until several
 * of them are there, by when a worker holds a multiple of what its tasks need.
 */
export function freeMemories(memoryBytes: number): void {
  taken += memoryBytes;
  if (taken < garbageBytes) return;
  taken = 0;
  collect();
}
