import { randomBytes } from "node:crypto";

/** Bodies are pieces of it, so that making one and remembering it costs nothing. */
const poolBytes = 16 * 1024 * 1024;
const pool = randomBytes(poolBytes);

/** What an object holds: `size` bytes of the pool from `at` on. */
export interface Body {
  readonly at: number;
  readonly size: number;
}

/** A body of this size that begins anywhere. */
export function anyBody(size: number): Body {
  return { at: Math.floor(Math.random() * (poolBytes - size)), size };
}

export function bytesOf({ at, size }: Body): Buffer {
  return pool.subarray(at, at + size);
}
