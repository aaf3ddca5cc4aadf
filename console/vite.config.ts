import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "./precompress.ts";

const source = (folder: string) => fileURLToPath(new URL(folder, import.meta.url));

// Vite reads its configuration from the default export; nothing else in the repository has one.
export default defineConfig({
  root: source("."),
  plugins: [react(), tailwindcss(), precompress()],
  resolve: {
    alias: [
      { find: /^#console\//, replacement: `${source("./src")}/` },
      { find: /^#(api|lib)\//, replacement: `${source("../src")}/$1/` },
    ],
  },
  build: {
    outDir: source("./dist"),
    emptyOutDir: true,
    target: "es2023",
    // Data addresses would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // `zod-config.ts` has to run before the first schema is made, so it lives with zod.
            {
              name: "schemas",
              test: /node_modules[\\/]zod[\\/]|zod-config\.ts|[\\/]src[\\/]api[\\/]/,
              priority: 2,
            },
            {
              name: "react",
              test: /node_modules[\\/](react|react-dom|react-router|scheduler|@tanstack)[\\/]/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8440" } },
});
