import { open } from "node:fs/promises";
import { findProgram, tryCommand, type Trial } from "#drivers/host/programs.ts";

/** Whether this process may make a user namespace, by making one: kernel settings and policies alone do not tell. */
export async function tryUserNamespace(signal: AbortSignal): Promise<boolean> {
  const unshare = await findProgram(["unshare"]);
  if (unshare === undefined) return false;
  return (await tryCommand(unshare, ["--user", "--map-root-user", "true"], signal)).succeeded;
}

/** Runs `true` in a sandbox as instances will get one; undefined when bubblewrap is not installed. */
export async function tryBubblewrap(signal: AbortSignal): Promise<Trial | undefined> {
  const bwrap = await findProgram(["bwrap"]);
  if (bwrap === undefined) return undefined;
  const words = [
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--",
    "true",
  ];
  return await tryCommand(bwrap, words, signal);
}

/** Whether /dev/kvm opens for reading and writing: being there is not enough. */
export async function canOpenKvm(): Promise<boolean> {
  try {
    const file = await open("/dev/kvm", "r+");
    await file.close();
    return true;
  } catch {
    return false; // absent, or not ours to open: no hardware virtualization for us either way
  }
}
