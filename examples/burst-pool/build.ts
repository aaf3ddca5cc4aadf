import { join } from "node:path";
import { build } from "vite";

/** Bundles the worker and the program of its threads into `dist/`, which is all that the package holds. */
const here = import.meta.dirname;
const workers = join(here, "../../src/main/worker");

await build({
  configFile: false,
  logLevel: "warn",
  root: here,
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: join(here, "dist"),
    emptyOutDir: true,
    target: "node24",
    rolldownOptions: {
      input: { worker: join(workers, "pool-instance.ts"), "task-thread": join(workers, "task-thread.ts") },
      // The worker finds the program of its threads beside itself, by this name.
      output: { entryFileNames: "[name].js" },
    },
  },
});
process.stdout.write("burst-pool: built\n");
