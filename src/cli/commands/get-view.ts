import type { KindDefinition } from "#api/kind.ts";
import type { Resource, ResourceKey } from "#api/resource.ts";
import type { Format } from "#cli/output/print.ts";
import { resourceTable } from "#cli/output/resource-table.ts";
import type { Session } from "#cli/session.ts";

/** What `get` was asked for. */
export interface GetRequest {
  readonly kind: KindDefinition;
  readonly keys: readonly ResourceKey[];
  /** Undefined for kinds of the whole data center, and with --all-projects. */
  readonly project: string | undefined;
  readonly allProjects: boolean;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly limit: number | undefined;
}

export function tableOf(session: Session, request: GetRequest, format: Format, items: readonly Resource[]) {
  return resourceTable(request.kind, items, {
    nowMs: session.ports.clock.now(),
    wide: format === "wide",
    withProject: request.allProjects,
  });
}

export function nameText(resource: Resource): string {
  return [resource.kind, resource.project, resource.name].filter((part) => part !== undefined).join("/");
}
