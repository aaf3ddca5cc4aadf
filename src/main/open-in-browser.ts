import { spawn } from "node:child_process";

/** Shows an address in the person's browser by the desktop's own opener; false where there is none. */
export async function openInBrowser(url: string): Promise<boolean> {
  // The address came from the data center: nothing but a web page is opened.
  if (!/^https?:$/.test(new URL(url).protocol)) return false;
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(opener, [url], { stdio: "ignore", detached: true });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once("spawn", () => resolve(true)).once("error", () => resolve(false));
  child.unref();
  return await promise;
}
