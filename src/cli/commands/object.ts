import { VdcError } from "#api/errors.ts";
import type { ListedObject, ObjectDetail } from "#api/objects.ts";
import { confirmByName } from "#cli/confirm.ts";
import type { Call } from "#cli/declare.ts";
import { listed } from "#cli/objects/remote.ts";
import { keyTarget, objectTarget, type ObjectTarget } from "#cli/objects/target.ts";
import { withExchange } from "#cli/objects/transfer.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { print, printRows, tableText } from "#cli/output/print.ts";
import type { Table } from "#cli/output/table.ts";
import { ageText, bytesText, countText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const defaultLimit = 1_000;
/** Targets of one request, as the route takes them. */
const deletedAtOnce = 1_000;

/** `vdc object list BUCKET[/PREFIX]`. */
export async function objectList(call: Call): Promise<void> {
  const target = objectTarget(call, call.words[0]);
  await withSession(call, async (session) => {
    const limit = call.flags.whole("limit", 1) ?? defaultLimit;
    const versions = call.flags.has("versions");
    const delimiter = call.flags.has("recursive") ? "" : "/";
    const items: ListedObject[] = [];
    for await (const item of listed(session, target, { delimiter, versions, limit })) items.push(item);
    await printRows(call, { items }, listTable(items, versions, session.ports.clock.now()), "no objects");
    if (items.length === limit) call.io.stderr(`the first ${limit}; --limit shows more\n`);
  });
}

function listTable(items: readonly ListedObject[], versions: boolean, now: number): Table {
  return {
    headers: ["KEY", "SIZE", "AGE", ...(versions ? ["VERSION", "LATEST"] : [])],
    rows: items.map((item) => [
      item.key,
      item.type === "prefix"
        ? "folder"
        : item.type === "delete-marker"
          ? "deleted"
          : bytesText(item.size ?? 0),
      ageText(item.lastModified, now),
      ...(versions ? [item.versionId ?? "", item.isLatest === true ? "yes" : ""] : []),
    ]),
  };
}

/** `vdc object cat BUCKET/KEY`: its bytes to stdout. */
export async function objectCat(call: Call): Promise<void> {
  const target = keyTarget(call, call.words[0]);
  const versionId = call.flags.text("objectVersion");
  await withExchange(call, async (_, exchange) => {
    const item = {
      operation: "get" as const,
      key: target.key,
      ...(versionId === undefined ? {} : { versionId }),
    };
    const state = { isBegun: false };
    await exchange.send(
      target,
      item,
      "read",
      { method: "GET", signal: call.io.signal },
      async (response) => {
        if (response.body === null) return;
        for await (const chunk of response.body) {
          // What was written cannot be taken back: a second try would write it twice.
          state.isBegun = true;
          await call.io.writeBytes("stdout", chunk);
        }
      },
      () => !state.isBegun,
    );
  });
}

/** `vdc object show BUCKET/KEY`: what is stored of it, and where. */
export async function objectShow(call: Call): Promise<void> {
  const target = keyTarget(call, call.words[0]);
  const versionId = call.flags.text("objectVersion");
  await withSession(call, async (session) => {
    const detail = await session.client.call(session.client.routes["bucket.object"], {
      params: { project: target.project, name: target.bucket },
      query: {
        key: target.key,
        verify: call.flags.has("verify") ? "true" : "false",
        ...(versionId === undefined ? {} : { versionId }),
      },
      signal: call.io.signal,
    });
    await print(call, detail, () => detailText(call, detail));
  });
}

function detailText(call: Call, detail: ObjectDetail): string {
  const { retention } = detail;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["key", detail.key],
    ["version", detail.versionId],
    ["size", bytesText(detail.size)],
    ["type", detail.contentType],
    ["etag", detail.etag],
    ["written", detail.lastModified],
    ["sealed", detail.encryption ?? "no"],
    ["locked", retention === undefined ? undefined : `${retention.mode} until ${retention.until}`],
    ["held", detail.legalHold ? "yes" : undefined],
    ...detail.checksums.map(({ algorithm, value }) => [algorithm.toLowerCase(), value] as const),
    ...Object.entries(detail.metadata).map(([name, value]) => [`meta ${name}`, value] as const),
    ...Object.entries(detail.tags).map(([name, value]) => [`tag ${name}`, value] as const),
    ["stored", detail.storedAs],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${harmlessLine(name).padEnd(10)} ${harmlessLine(value)}\n`],
  );
  const rows = detail.extents.flatMap(({ id, size, k, shards }) =>
    shards.map(({ drive, shard, state }) => [
      id,
      bytesText(size),
      `${shard} ${shard < k ? "data" : "parity"}`,
      drive < 0 ? "none" : String(drive),
      state,
    ]),
  );
  if (rows.length === 0) return lines.join("");
  return `${lines.join("")}\n${tableText(call, { headers: ["EXTENT", "SIZE", "SHARD", "DRIVE", "STATE"], rows })}`;
}

/** `vdc object delete BUCKET/KEY`: one object or version, or with --recursive everything below. */
export async function objectDelete(call: Call): Promise<void> {
  const target = objectTarget(call, call.words[0]);
  const version = call.flags.text("objectVersion");
  const isTree = call.flags.has("recursive");
  if (target.key === "" && !isTree)
    throw new UsageError("the key of an object is missing", "write BUCKET/KEY, or add --recursive");
  if (version !== undefined && isTree)
    throw new UsageError("a version is of one object", "leave --recursive away");
  await withSession(call, async (session) => {
    const all = call.flags.has("allVersions");
    const found = isTree || all ? await below(session, target, all, isTree) : undefined;
    const targets = found ?? [{ key: target.key, ...(version === undefined ? {} : { versionId: version }) }];
    if (targets.length === 0) throw new VdcError("not-found", "There is nothing to delete.");
    const what = all ? "version" : "object";
    const place = `${target.bucket}/${target.key}`;
    if (isTree || all || version !== undefined)
      await confirmByName(
        call,
        target.bucket,
        `This deletes ${countText(targets.length, what)} at ${place}.`,
      );
    await deleteAll(call, session, target, targets);
  });
}

async function below(session: Session, target: ObjectTarget, versions: boolean, isTree: boolean) {
  const targets: { key: string; versionId?: string }[] = [];
  for await (const { key, versionId } of listed(session, target, { versions })) {
    if (!isTree && key !== target.key) continue;
    targets.push({ key, ...(versions && versionId !== undefined ? { versionId } : {}) });
  }
  return targets;
}

async function deleteAll(
  call: Call,
  session: Session,
  { project, bucket }: ObjectTarget,
  targets: readonly { readonly key: string; readonly versionId?: string }[],
): Promise<void> {
  const { client } = session;
  const refused: string[] = [];
  const markers: string[] = [];
  for (let at = 0; at < targets.length; at += deletedAtOnce) {
    const { items } = await client.call(client.routes["bucket.delete-objects"], {
      params: { project, name: bucket },
      body: { targets: targets.slice(at, at + deletedAtOnce) },
      signal: call.io.signal,
    });
    for (const { key, error, markerVersionId } of items) {
      if (error !== undefined) refused.push(`${key}: ${error}`);
      else if (markerVersionId !== undefined) markers.push(key);
    }
  }
  for (const line of refused) call.io.stderr(`not deleted: ${harmlessLine(line)}\n`);
  const deleted = targets.length - refused.length;
  await print(
    call,
    { deleted, refused: refused.length, restorable: markers.length },
    () => `${deleted} deleted\n`,
  );
  if (markers.length > 0) call.io.stderr("Their versions are kept; `vdc object restore` brings one back.\n");
  if (refused.length > 0)
    throw new VdcError("in-use", `${countText(refused.length, "object")} could not be deleted.`);
}

/** `vdc object restore BUCKET/KEY`: takes the delete marker away that hides it. */
export async function objectRestore(call: Call): Promise<void> {
  const target = keyTarget(call, call.words[0]);
  await withSession(call, async (session) => {
    const marker = await latestMarker(session, target);
    await session.client.call(session.client.routes["bucket.delete-objects"], {
      params: { project: target.project, name: target.bucket },
      body: { targets: [{ key: target.key, versionId: marker }] },
      signal: call.io.signal,
    });
    await print(call, { key: target.key, restored: true }, () => `${harmlessLine(target.key)} is back\n`);
  });
}

async function latestMarker(session: Session, target: ObjectTarget): Promise<string> {
  for await (const item of listed(session, target, { versions: true, limit: 1 })) {
    if (item.key !== target.key) break;
    if (item.type === "delete-marker" && item.versionId !== undefined) return item.versionId;
    throw new VdcError("conflict", `${target.key} is not deleted.`);
  }
  throw new VdcError("not-found", `There is no version of ${target.key}; its bucket kept none.`);
}
