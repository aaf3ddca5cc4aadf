import { PartFailure, type PartStatus } from "#main/supervisor/part.ts";
import type { Handler } from "#main/supervisor/socket-server.ts";
import type { Supervisor } from "#main/supervisor/supervisor.ts";

/** Answer of `GET /v1/status`. */
export interface SupervisorStatus {
  readonly pid: number;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly url?: string;
  /** Pattern of the apps' addresses; absent without gateways. */
  readonly appsUrl?: string;
  /** Address of the S3 service; absent without object storage. */
  readonly objectsUrl?: string;
  /** The supervisor's own memory; a part's is that of all its processes, shared pages divided. */
  readonly residentBytes: number;
  readonly parts: readonly PartStatus[];
}

/** Answer of `POST /v1/restart/PART`. */
export type RestartAnswer =
  | { readonly result: "ready"; readonly note?: string }
  | { readonly result: "unknown-part"; readonly parts: readonly string[] }
  | { readonly result: "failed"; readonly detail: string; readonly remedy?: string };

/** The supervisor's three routes: `GET /v1/status`, `POST /v1/restart/PART`, `POST /v1/stop` and `POST /v1/stop/keep-apps`. */
export function supervisorHandler(center: {
  readonly supervisor: Supervisor;
  readonly startedAt: string;
  readonly version: string;
  readonly url: () => string | undefined;
  readonly appsUrl?: string;
  readonly objectsUrl?: string;
  readonly stop: (keepsApps: boolean) => void;
}): Handler {
  return async (method, path) => {
    const [, api, verb, part] = path.split("/");
    if (api !== "v1") return { status: 404, body: { detail: "no such route" } };
    if (method === "GET" && verb === "status") return { status: 200, body: status(center) };
    if (method === "POST" && verb === "restart" && part !== undefined)
      return { status: 200, body: await restart(center.supervisor, part) };
    if (method === "POST" && verb === "stop") {
      center.stop(part === "keep-apps");
      return { status: 200, body: { result: "stopping" } };
    }
    return { status: 404, body: { detail: "no such route" } };
  };
}

function status(center: Parameters<typeof supervisorHandler>[0]): SupervisorStatus {
  const url = center.url();
  return {
    pid: process.pid,
    version: center.version,
    startedAt: center.startedAt,
    ...(url === undefined ? {} : { url }),
    ...(center.appsUrl === undefined ? {} : { appsUrl: center.appsUrl }),
    ...(center.objectsUrl === undefined ? {} : { objectsUrl: center.objectsUrl }),
    residentBytes: process.memoryUsage.rss(),
    parts: center.supervisor.status(),
  };
}

async function restart(supervisor: Supervisor, part: string): Promise<RestartAnswer> {
  try {
    const report = await supervisor.restart(part);
    if (report === undefined) return { result: "unknown-part", parts: supervisor.partNames };
    return { result: "ready", ...(report.note === undefined ? {} : { note: report.note }) };
  } catch (error) {
    if (!(error instanceof PartFailure)) throw error;
    return {
      result: "failed",
      detail: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  }
}
