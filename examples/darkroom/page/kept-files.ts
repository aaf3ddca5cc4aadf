import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import type { Plugin } from "vite";

const mark = "__BUILT_FILES__";
/** Decoding RAW is two megabytes that few starts need: it is kept when it was used. */
const heavy = /\.(wasm|map)$/;

/** Tells the service worker what the build made: it keeps exactly that, and a build with other bytes is another service worker. */
export function keptFiles(publicFolder: string): Plugin {
  return {
    name: "darkroom-kept-files",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const worker = bundle["service-worker.js"];
      if (worker?.type !== "chunk") throw new Error("the page has no service worker");
      const hash = createHash("sha256");
      const files = ["/"];
      for (const [name, made] of Object.entries(bundle).toSorted(([one], [other]) =>
        one < other ? -1 : 1,
      )) {
        if (made === worker) continue;
        hash.update(name).update(made.type === "chunk" ? made.code : made.source);
        if (!heavy.test(name) && name !== "index.html") files.push(`/${name}`);
      }
      files.push(...readdirSync(publicFolder).map((name) => `/${name}`));
      const version = hash.update(worker.code).digest("hex").slice(0, 16);
      if (!worker.code.includes(mark)) throw new Error(`the service worker has no place for ${mark}`);
      // Names of files have nothing that a string of JavaScript would read otherwise but the quotes of JSON.
      const text = JSON.stringify(JSON.stringify({ version, files })).slice(1, -1).replaceAll("`", "\\`");
      worker.code = worker.code.replace(mark, () => text);
    },
  };
}
