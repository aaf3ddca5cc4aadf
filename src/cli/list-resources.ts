import { maxPageSize } from "#api/routes/define-route.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { Resource } from "#api/resource.ts";
import type { Session } from "#cli/session.ts";

/** A listing holds at most this many resources, so that it fits into memory. */
export const maxListed = 100_000;

export interface Listing {
  readonly items: readonly Resource[];
  /** The store's revision of the (first) page: where a watch of the same resources begins. */
  readonly revision: number;
  /** Whether there are more than were asked for. */
  readonly isCut: boolean;
}

export interface ListRequest {
  readonly kind: KindDefinition;
  readonly project: string | undefined;
  readonly allProjects: boolean;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly limit: number | undefined;
}

/** All pages of a listing, of one project or of each that the caller may see. */
export async function listResources(
  session: Session,
  request: ListRequest,
  signal: AbortSignal,
): Promise<Listing> {
  const limit = Math.min(request.limit ?? maxListed, maxListed);
  if (!request.allProjects) return pages(session, request, request.project, limit, signal);
  const projectKind = session.kinds.get("project");
  const projects =
    projectKind === undefined
      ? undefined
      : await pages(session, allOf(projectKind), undefined, maxListed, signal);
  const items: Resource[] = [];
  let isCut = false;
  for (const project of projects?.items ?? []) {
    const left = limit - items.length;
    if (left === 0) return { items, revision: projects?.revision ?? 0, isCut: true };
    const one = await pages(session, request, project.name, left, signal);
    items.push(...one.items);
    isCut ||= one.isCut;
  }
  return { items, revision: projects?.revision ?? 0, isCut };
}

async function pages(
  session: Session,
  request: ListRequest,
  project: string | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<Listing> {
  const items: Resource[] = [];
  let next: string | undefined;
  let revision: number | undefined;
  do {
    const page = await session.client.list(request.kind, {
      ...(project === undefined ? {} : { project }),
      ...(request.labelSelector === undefined ? {} : { labelSelector: request.labelSelector }),
      ...(request.fieldSelector === undefined ? {} : { fieldSelector: request.fieldSelector }),
      ...(next === undefined ? {} : { continue: next }),
      limit: Math.min(maxPageSize, limit - items.length),
      signal,
    });
    items.push(...page.items);
    // Changes between two pages are newer than the first page: a watch from there misses none of them.
    revision ??= page.revision;
    next = page.continue;
  } while (next !== undefined && items.length < limit);
  return { items, revision, isCut: next !== undefined };
}

function allOf(kind: KindDefinition): ListRequest {
  return {
    kind,
    project: undefined,
    allProjects: false,
    labelSelector: undefined,
    fieldSelector: undefined,
    limit: undefined,
  };
}
