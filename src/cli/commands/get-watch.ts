import { VdcError } from "#api/errors.ts";
import { keyText, type Resource } from "#api/resource.ts";
import { matchesSelector, parseFieldSelector, parseLabelSelector, type Selector } from "#api/selectors.ts";
import { nameText, tableOf, type GetRequest } from "#cli/commands/get-view.ts";
import type { Call } from "#cli/declare.ts";
import { listResources } from "#cli/list-resources.ts";
import { tableText, type Format } from "#cli/output/print.ts";
import { jsonLine, yamlText } from "#cli/output/structured.ts";
import { columnWidths, type Table } from "#cli/output/table.ts";
import type { Session } from "#cli/session.ts";
import { feed } from "#cli/watch-feed.ts";

/** `left`: it is there still, but no longer fits the selector. */
type ChangeWord = "listed" | "created" | "updated" | "deleted" | "left";

/**
 * Lists, then shows every change until Ctrl-C. After a lost connection it goes on where it was; when the server
 * no longer keeps what was missed it lists again and shows what is different.
 */
export async function watchResources(
  call: Call,
  session: Session,
  request: GetRequest,
  format: Format,
): Promise<void> {
  const view = new WatchView(call, session, request, format);
  for (;;) {
    const { items, revision } = await listed(session, request, call.io.signal);
    await view.relist(items);
    try {
      const query = { kind: request.kind.kind, project: request.project };
      for await (const change of feed(session, query, revision, call.io.signal)) {
        if (change.kind !== request.kind.kind) continue;
        await view.change(change.type, change.object as unknown as Resource); // the feed's objects of this kind are its resources
      }
    } catch (error) {
      // Compacted: the next round lists again, which shows what was missed.
      if (!(error instanceof VdcError && error.code === "compacted")) throw error;
    }
  }
}

async function listed(session: Session, request: GetRequest, signal: AbortSignal) {
  const named = new Set(request.keys.map(keyText));
  if (named.size === 0) return listResources(session, request, signal);
  // Names of one call may be of several projects; their listing gives the revision to watch from.
  const projects = new Set(request.keys.map((key) => key.project));
  const items: Resource[] = [];
  let revision: number | undefined;
  for (const project of projects) {
    const one = await listResources(session, { ...request, project, limit: undefined }, signal);
    items.push(...one.items.filter((item) => named.has(keyText(item))));
    revision = Math.min(revision ?? one.revision, one.revision);
  }
  return { items, revision: revision ?? 0 };
}

class WatchView {
  readonly #call: Call;
  readonly #session: Session;
  readonly #request: GetRequest;
  readonly #format: Format;
  readonly #selector: Selector;
  readonly #named: ReadonlySet<string>;
  /** What was shown last of each resource; bounded by the listing's own bound and by what changes after it. */
  readonly #known = new Map<string, Resource>();
  #widths: readonly number[] = [];
  #isFirst = true;

  constructor(call: Call, session: Session, request: GetRequest, format: Format) {
    this.#call = call;
    this.#session = session;
    this.#request = request;
    this.#format = format;
    this.#named = new Set(request.keys.map(keyText));
    this.#selector = [
      ...(request.labelSelector === undefined ? [] : parseLabelSelector(request.labelSelector)),
      ...(request.fieldSelector === undefined ? [] : parseFieldSelector(request.fieldSelector)),
    ];
  }

  async relist(items: readonly Resource[]): Promise<void> {
    const word: ChangeWord = this.#isFirst ? "listed" : "updated";
    const fresh = items.filter((item) => (this.#known.get(keyText(item))?.revision ?? 0) < item.revision);
    const present = new Set(items.map(keyText));
    const gone = [...this.#known.values()].filter((resource) => !present.has(keyText(resource)));
    for (const resource of gone) this.#known.delete(keyText(resource));
    for (const resource of fresh) this.#known.set(keyText(resource), resource);
    await this.#show([
      ...gone.map((resource) => ["deleted", resource] as const),
      ...fresh.map((resource) => [word, resource] as const),
    ]);
    this.#isFirst = false;
  }

  async change(type: "created" | "updated" | "deleted", resource: Resource): Promise<void> {
    const key = keyText(resource);
    if (this.#named.size > 0 && !this.#named.has(key)) return;
    const known = this.#known.get(key);
    if (known !== undefined && known.revision >= resource.revision && type !== "deleted") return; // the listing was newer
    const fits = matchesSelector(resource, this.#selector);
    if (type === "deleted" || !fits) {
      this.#known.delete(key);
      if (known !== undefined || (type === "deleted" && fits))
        await this.#show([[type === "deleted" ? "deleted" : "left", resource]]);
      return;
    }
    this.#known.set(key, resource);
    await this.#show([[type, resource]]);
  }

  async #show(changes: readonly (readonly [ChangeWord, Resource])[]): Promise<void> {
    const { io } = this.#call;
    if (this.#format === "json") {
      for (const [type, object] of changes) io.stdout(jsonLine({ type, object }));
    } else if (this.#format === "yaml") {
      for (const [type, object] of changes) io.stdout(`---\n${await yamlText({ type, object })}`);
    } else if (this.#format === "name") {
      for (const [type, object] of changes) io.stdout(`${type} ${nameText(object)}\n`);
    } else this.#showRows(changes);
  }

  #showRows(changes: readonly (readonly [ChangeWord, Resource])[]): void {
    if (changes.length === 0 && !this.#isFirst) return;
    const plain = tableOf(
      this.#session,
      this.#request,
      this.#format,
      changes.map(([, resource]) => resource),
    );
    const table: Table = {
      headers: ["CHANGE", ...plain.headers],
      rows: plain.rows.map((row, at) => [changes[at]?.[0] ?? "", ...row]),
    };
    const text = tableText(this.#call, table, this.#widths);
    // The header line is for the first rows only.
    this.#call.io.stdout(
      this.#isFirst || !this.#call.flags.has("headers") ? text : text.slice(text.indexOf("\n") + 1),
    );
    this.#widths = columnWidths([table.headers, ...table.rows]).map((width, at) =>
      Math.max(width, this.#widths[at] ?? 0),
    );
  }
}
