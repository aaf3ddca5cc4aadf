import type { LogEntry } from "#api/apps.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { Ring } from "#lib/bounded.ts";
import type { InstanceEngine, LogLine } from "../engine.ts";
import type { Instance } from "../observed.ts";

export interface LogsQuery {
  readonly component?: string | undefined;
  readonly instance?: string | undefined;
  readonly tail: number;
  readonly follow: boolean;
  readonly search?: string | undefined;
}

export interface LogsPorts {
  /** The app's instances on this machine that the query is about, as they are now. */
  readonly instances: () => Promise<readonly Instance[]>;
  readonly engines: ReadonlyMap<string, InstanceEngine>;
  readonly clock: Clock;
}

/** Lines of one instance that a search looks through. */
const maxSearched = 10_000;
/** Lines that wait for a slow reader; older ones are dropped, and counted. */
const maxWaiting = 2_000;
/** Instances whose lines are followed at once. */
const maxFollowed = 256;
/** New instances are found this often while lines are followed. */
const lookEveryMs = 1_000;

interface Seen {
  readonly at: number;
  /** Lines of that millisecond that were given. */
  readonly lines: number;
}

/** Lines of all instances, oldest first; those that come later as they come. */
export async function* mergedLogs(
  query: LogsQuery,
  ports: LogsPorts,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const seen = new Map<string, Seen>();
  const found = await ports.instances();
  const last = new Ring<LogEntry>(Math.max(1, query.tail));
  for await (const { instance, line } of merge(found, query, ports, signal)) {
    const before = seen.get(instance.id);
    seen.set(instance.id, { at: line.at, lines: before?.at === line.at ? before.lines + 1 : 1 });
    if (isWanted(line, query)) last.push(entryOf(instance, line));
  }
  if (query.tail > 0) yield* last.values();
  if (query.follow && !signal.aborted) yield* followed(query, ports, seen, signal);
}

interface Sourced {
  readonly instance: Instance;
  readonly line: LogLine;
}

/** Puts sorted lists into one order; holds one line of each. */
async function* merge(
  instances: readonly Instance[],
  query: LogsQuery,
  { engines }: LogsPorts,
  signal: AbortSignal,
): AsyncGenerator<Sourced> {
  const heads: { readonly source: AsyncIterator<LogLine>; readonly instance: Instance; line: LogLine }[] = [];
  for (const instance of instances) {
    const engine = engines.get(instance.spec.engine);
    if (engine === undefined || (await engine.observe(instance.id)) === undefined) continue;
    const tail = query.search === undefined ? query.tail : maxSearched;
    const lines = engine.logs(instance.id, { tail: Math.max(1, tail), follow: false }, signal);
    const source = lines[Symbol.asyncIterator]();
    const first = await source.next();
    if (first.done !== true) heads.push({ source, instance, line: first.value });
  }
  while (heads.length > 0) {
    const next = heads.reduce((a, b) => (b.line.at < a.line.at ? b : a));
    yield { instance: next.instance, line: next.line };
    const following = await next.source.next();
    if (following.done === true) heads.splice(heads.indexOf(next), 1);
    else next.line = following.value;
  }
}

/** Follows every instance, those that come later too. A slow reader loses the oldest lines that wait, and is told. */
async function* followed(
  query: LogsQuery,
  ports: LogsPorts,
  seen: ReadonlyMap<string, Seen>,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const ended = new AbortController();
  const all = AbortSignal.any([signal, ended.signal]);
  const waiting: LogEntry[] = [];
  let dropped = 0;
  let wake = Promise.withResolvers<void>();
  const give = (instance: Instance, line: LogLine) => {
    if (!isWanted(line, query)) return;
    if (waiting.length >= maxWaiting) {
      waiting.shift();
      dropped += 1;
    }
    waiting.push(entryOf(instance, line));
    wake.resolve();
  };
  const looking = lookForInstances({ query, ports, seen, give }, all).finally(() => wake.resolve());
  const onAbort = () => wake.resolve();
  all.addEventListener("abort", onAbort, { once: true });
  try {
    while (!signal.aborted) {
      const next = waiting.shift();
      if (next === undefined) {
        await wake.promise;
        wake = Promise.withResolvers();
      } else if (dropped > 0) {
        yield {
          ...next,
          stream: "vdc",
          text: `${dropped} lines were left out: they came faster than they were read`,
        };
        dropped = 0;
        yield next;
      } else yield next;
    }
  } finally {
    ended.abort();
    await looking;
  }
}

async function lookForInstances(
  to: {
    readonly query: LogsQuery;
    readonly ports: LogsPorts;
    readonly seen: ReadonlyMap<string, Seen>;
    readonly give: (instance: Instance, line: LogLine) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  const streams = new Map<string, Promise<void>>();
  while (!signal.aborted) {
    for (const instance of await to.ports.instances()) {
      if (streams.has(instance.id) || streams.size >= maxFollowed) continue;
      const engine = to.ports.engines.get(instance.spec.engine);
      if (engine === undefined || (await engine.observe(instance.id)) === undefined) continue;
      const stream = followOne(instance, engine, to, signal)
        // An instance that is forgotten meanwhile has no more lines.
        .catch(() => undefined);
      streams.set(instance.id, stream);
    }
    await to.ports.clock.sleep(lookEveryMs, signal).catch(() => undefined); // aborted: the loop ends
  }
  await Promise.all(streams.values());
}

async function followOne(
  instance: Instance,
  engine: InstanceEngine,
  { seen, give }: Pick<Parameters<typeof lookForInstances>[0], "seen" | "give">,
  signal: AbortSignal,
): Promise<void> {
  const last = seen.get(instance.id);
  const since = last === undefined ? {} : { since: last.at };
  let skipped = 0;
  for await (const line of engine.logs(instance.id, { tail: maxSearched, follow: true, ...since }, signal)) {
    if (last !== undefined && line.at < last.at) continue;
    if (last !== undefined && line.at === last.at && skipped < last.lines) {
      skipped += 1;
      continue;
    }
    give(instance, line);
  }
}

function isWanted(line: LogLine, { search }: LogsQuery): boolean {
  return search === undefined || line.text.toLowerCase().includes(search.toLowerCase());
}

function entryOf({ name, spec }: Instance, { at, stream, text }: LogLine): LogEntry {
  return { at: isoTime(at), instance: name, component: spec.component, release: spec.release, stream, text };
}
