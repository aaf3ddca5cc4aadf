import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "../../../console/precompress.ts";
import { appIcons } from "./app-icons.ts";
import { keptFiles } from "./kept-files.ts";

const source = (folder: string) => fileURLToPath(new URL(folder, import.meta.url));

// Vite reads its configuration from the default export.
export default defineConfig({
  root: source("."),
  plugins: [react(), tailwindcss(), appIcons(), keptFiles(source("public")), precompress()],
  resolve: {
    alias: [
      { find: /^#darkroom\//, replacement: `${source("..")}/` },
      { find: /^#(api|lib|burst)\//, replacement: `${source("../../../src")}/$1/` },
    ],
  },
  worker: { format: "es" },
  build: {
    outDir: source("../dist/page"),
    emptyOutDir: true,
    target: "es2023",
    // Data addresses would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: source("index.html"), "service-worker": source("src/shell/service-worker.ts") },
      // A service worker's address stays what it is; its browser looks for new bytes there.
      output: {
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
      },
    },
  },
});
