import type { Resource } from "#api/resource.ts";
import type { Call } from "#cli/declare.ts";
import { resolveTargets, projectFor } from "#cli/input/targets.ts";
import { listResources } from "#cli/list-resources.ts";
import { formatOf, print, tableText, type Format } from "#cli/output/print.ts";
import { countText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { nameText, tableOf, type GetRequest } from "#cli/commands/get-view.ts";
import { watchResources } from "#cli/commands/get-watch.ts";

/** `vdc get KIND [NAME…]`. */
export async function get(call: Call): Promise<void> {
  const format = formatOf(call);
  await withSession(call, async (session) => {
    const request = requestOf(call, session);
    if (call.flags.has("watch")) await watchResources(call, session, request, format);
    else if (request.keys.length > 0) await getNamed(call, session, request, format);
    else await getListed(call, session, request, format);
  });
}

function requestOf(call: Call, session: Session): GetRequest {
  const { flags } = call;
  const { kind, keys } = resolveTargets(session.kinds, call.words, flags.text("project"));
  const allProjects = flags.has("allProjects") && kind.scope === "project";
  const labelSelector = flags.text("selector");
  const fieldSelector = flags.text("fieldSelector");
  if (keys.length > 0 && (labelSelector ?? fieldSelector) !== undefined)
    throw new UsageError("names and selectors were both given", "give one of them");
  const needsProject = keys.length === 0 && !allProjects;
  return {
    kind,
    keys,
    project: needsProject ? projectFor(kind, flags.text("project")) : undefined,
    allProjects,
    labelSelector,
    fieldSelector,
    limit: flags.whole("limit", 1),
  };
}

async function getNamed(call: Call, session: Session, request: GetRequest, format: Format): Promise<void> {
  const found: Resource[] = [];
  for (const key of request.keys) found.push(await session.client.get(request.kind, key, call.io.signal));
  await show(call, session, request, format, found, found.length === 1 ? found[0] : { items: found });
}

/** Nothing in one project says nothing of the others. */
function whereOf({ project }: GetRequest): string {
  return project === undefined ? "" : ` in project ${project}; -A looks in all`;
}

async function getListed(call: Call, session: Session, request: GetRequest, format: Format): Promise<void> {
  const { items, revision, isCut } = await listResources(session, request, call.io.signal);
  if (items.length === 0 && format !== "json" && format !== "yaml")
    call.io.stderr(`no ${request.kind.plural}${whereOf(request)}\n`);
  await show(call, session, request, format, items, { items, revision });
  if (isCut)
    call.io.stderr(
      `there are more than the ${countText(items.length, request.kind.kind, request.kind.plural)} shown\n`,
    );
}

async function show(
  call: Call,
  session: Session,
  request: GetRequest,
  format: Format,
  items: readonly Resource[],
  value: unknown,
): Promise<void> {
  await print(call, value, () => {
    if (format === "name") return items.map((item) => `${nameText(item)}\n`).join("");
    if (items.length === 0) return "";
    return tableText(call, tableOf(session, request, format, items));
  });
}
