import { VdcError } from "#api/errors.ts";
import type { Part } from "#api/system.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { readStatus, restartPart } from "#main/local/supervisor-client.ts";
import type { SupervisorPort } from "./control-plane.ts";

/** The supervisor over its socket. */
export function supervisorPort(directory: DataDirectory): SupervisorPort {
  return {
    parts: async () => {
      const status = await readStatus(directory);
      return status === undefined ? [] : status.parts.map((part): Part => ({ ...part }));
    },
    restart: async (part) => {
      const report = await restartPart(directory, part);
      switch (report.result) {
        case "ready":
          return;
        case "unknown-part":
          throw new VdcError(
            "not-found",
            `There is no part '${part}'; there are ${report.parts.join(", ")}.`,
          );
        case "not-running":
          throw new VdcError(
            "unavailable",
            "No supervisor runs here: this control process was started alone.",
          );
        case "failed":
          throw new VdcError("unavailable", `The part '${part}' did not become ready: ${report.detail}`);
      }
    },
  };
}
