import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that may have been taken in this thread since they were last freed. */
const garbageBytes = 32 * 1024 ** 2;
let taken = 0;

setFlagsFromString("--expose-gc");
// The flag gives it to contexts that are made after it.
const collect = runInNewContext("gc") as () => void;

/**
 * To be called after each kernel, with what it could take: the memory of its instance in its own thread, the bytes that came and went in the main one. Frees what is
 * gone of it: nothing but V8's collector does, and that waits until there is a multiple of what tasks need.
 */
export function freeMemories(memoryBytes: number): void {
  taken += memoryBytes;
  if (taken < garbageBytes) return;
  taken = 0;
  collect();
}
