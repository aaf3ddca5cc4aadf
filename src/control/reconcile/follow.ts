import { VdcError } from "#api/errors.ts";
import type { Change } from "#api/records.ts";
import { keySchema } from "#api/resource.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Feed } from "#store/store.ts";
import type { ChangeSubject } from "./reconciler.ts";

const restart = { baseMs: 200, maxMs: 10_000 };

/**
 * Tells what changed until the signal aborts. A watch that breaks (or fell behind the compaction) is begun anew from
 * the head, after a pause. `onStart` says that all has to be looked at: what happened before, or while the watch was broken.
 */
export async function followChanges(options: {
  readonly feed: Feed;
  readonly kinds: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onStart: () => void;
  readonly onChange: (subject: ChangeSubject) => void;
  readonly onBatch: () => void;
}): Promise<void> {
  const { feed, clock, signal, log } = options;
  if (options.kinds.length === 0) {
    options.onStart(); // from here on it lives by its timer alone
    return;
  }
  let attempt = 0;
  while (!signal.aborted) {
    try {
      const { revision: since } = await feed.head();
      options.onStart();
      for await (const batch of feed.watch({ kinds: options.kinds, since }, signal)) {
        attempt = 0;
        for (const change of batch.changes) options.onChange(subjectOf(change));
        if (batch.changes.length > 0) options.onBatch();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof VdcError && error.code === "compacted"))
        log.warn("reconcile.watch.failed", { attempt, error });
    }
    await clock.sleep(backoffMs(attempt, restart, options.random), signal).catch(() => undefined); // aborted: the loop ends
    attempt += 1;
  }
}

function subjectOf(change: Change): ChangeSubject {
  return {
    kind: change.kind,
    name: change.name,
    life: lifeOf(change),
    ...(change.project === undefined ? {} : { project: change.project }),
    ...ownerOf(change.object["owner"]),
  };
}

function lifeOf({ type, object }: Change): ChangeSubject["life"] {
  if (type === "deleted") return "deleted";
  if (object["deletingSince"] !== undefined) return "deleting";
  return type === "created" ? "created" : "changed";
}

function ownerOf(value: unknown): Pick<ChangeSubject, "owner"> {
  if (value === undefined) return {};
  const owner = keySchema.safeParse(pickKey(value));
  return owner.success ? { owner: withoutUndefined(owner.data) } : {};
}

function pickKey(owner: unknown): unknown {
  if (owner === null || typeof owner !== "object") return undefined;
  const { kind, project, name } = owner as Readonly<Record<string, unknown>>; // any object can be read by key
  return { kind, ...(project === undefined ? {} : { project }), name };
}

function withoutUndefined(key: { kind: string; project?: string | undefined; name: string }) {
  const { kind, name, project } = key;
  return { kind, name, ...(project === undefined ? {} : { project }) };
}
