import { readdirSync } from "node:fs";
import type { LocalActions, Place } from "#cli/local/actions.ts";
import { accessLogPrefix, dataDirectoryPath, layOut, type DataDirectory } from "#main/data-directory.ts";

/** The local verbs on this machine. Each loads its own code when it is called: `vdc status` must be quick. */
export const localActions: LocalActions = {
  up: async (request) => {
    const { startSupervisor } = await import("#main/local/start.ts");
    return await startSupervisor(request);
  },
  down: async ({ keepsApps, ...place }) => {
    const { stopCenter } = await import("#main/local/stop.ts");
    return await stopCenter(locate(place), { keepsApps });
  },
  status: async (place) => {
    const { readStatus } = await import("#main/local/supervisor-client.ts");
    const directory = locate(place);
    const status = await readStatus(directory);
    return status === undefined ? undefined : { dataDirectory: directory.root, ...status };
  },
  restart: async (place, part) => {
    const { restartPart } = await import("#main/local/supervisor-client.ts");
    return await restartPart(locate(place), part);
  },
  logParts: (place) => partsWithLogs(locate(place)),
  logs: async (request, onLine) => {
    const { readLogs } = await import("#main/local/logs.ts");
    const directory = locate(request);
    const parts = request.part === undefined ? mainLogs(directory) : [request.part];
    await readLogs(directory, { ...request, parts }, onLine);
  },
  doctor: async (place, signal) => {
    const { examine } = await import("#main/local/doctor.ts");
    const { port, httpPort, httpsPort } = place;
    return await examine({ directory: locate(place), port, httpPort, httpsPort, signal });
  },
  join: async (request) => {
    const { join } = await import("#main/worker/join.ts");
    return await join(request);
  },
};

function locate(place: Place): DataDirectory {
  return layOut(dataDirectoryPath(place.data, place.env, place.cwd));
}

/** Requests have logs of their own, which would drown all others. */
function mainLogs(directory: DataDirectory): readonly string[] {
  return partsWithLogs(directory).filter((name) => !name.startsWith(accessLogPrefix));
}

function partsWithLogs(directory: DataDirectory): readonly string[] {
  try {
    return readdirSync(directory.logs)
      .filter((name) => name.endsWith(".log"))
      .map((name) => name.slice(0, -".log".length))
      .toSorted();
  } catch {
    return []; // never brought up here
  }
}
