import { measureSpeed } from "#burst/worker/calibration.ts";
import { Blobs } from "./blobs.ts";
import { KernelPool } from "./kernel-pool.ts";
import { type Kernels, loadKernels } from "./kernels.ts";
import type { Memo } from "./local-run.ts";

/** What this page computes with: one for all its views, so that what one view made another one finds. */
export interface Engine {
  readonly kernels: Kernels;
  readonly pool: KernelPool;
  readonly blobs: Blobs;
  readonly memo: Memo;
}

let opened: Promise<Engine> | undefined;

/** The page's engine; opened when it is first asked for, and again after a failure. */
export async function openEngine(): Promise<Engine> {
  opened ??= open();
  try {
    return await opened;
  } catch (error) {
    opened = undefined;
    throw error;
  }
}

async function open(): Promise<Engine> {
  return { kernels: await loadKernels(), pool: new KernelPool(), blobs: new Blobs(), memo: new Map() };
}

let measured: Promise<number> | undefined;

/** Reference cores that one core of this machine is worth; measured once, in some ten milliseconds. */
export async function coreSpeed({ pool }: Engine): Promise<number> {
  measured ??= measureSpeed(
    {
      run: async ({ code, ...call }, signal) =>
        code.level === "wasm"
          ? await pool.run({ module: code.module, ...call }, signal)
          : { kind: "worker", message: "a browser runs WebAssembly only" },
    },
    { monotonic: () => performance.now() },
    new AbortController().signal,
  );
  return await measured;
}
