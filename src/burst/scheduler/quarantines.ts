import type { WorkerView } from "#api/burst.ts";
import { referenceGigahertz } from "#api/burst.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Random } from "#lib/random.ts";
import type { StoredQuarantine } from "#store/burst-quarantines.ts";
import type { Finding } from "../run/run-events.ts";
import type { WorkerState } from "../run/worker-state.ts";

/** What is kept of a worker that was caught. */
export function newQuarantine(
  { options, done, connectedMs }: WorkerState,
  { reason, job, task, by }: Finding,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): StoredQuarantine {
  const { key, name, kind, trust, project, slots, speed, memoryBytes, levels } = options;
  return {
    id: newId("quarantine", clock, random),
    key,
    at: isoTime(clock.now()),
    name,
    kind,
    trust,
    ...(project === undefined ? {} : { project }),
    slots,
    done,
    speed,
    memoryBytes,
    levels: [...levels],
    connectedAt: isoTime(clock.now() - (clock.monotonic() - connectedMs)),
    reason,
    job: job.options.id,
    task,
    by: by.map((worker) => worker.options.name),
  };
}

/** A worker in quarantine as the API gives it, whether it is still connected or not. */
export function quarantineView(quarantine: StoredQuarantine): WorkerView {
  const { key: _, at, job, task, by, ...worker } = quarantine;
  return {
    ...worker,
    state: "quarantined",
    found: { at, job, task, by: [...by] },
    running: 0,
    gigahertz: worker.slots * worker.speed * referenceGigahertz,
    pressure: "nominal",
  };
}

/** The quarantine of this id, or of the worker that is called so. Throws `not-found`, and `conflict` where several are. */
export function findQuarantine(all: Iterable<StoredQuarantine>, word: string): StoredQuarantine {
  const known = [...all];
  const byName = known.filter(({ name }) => name === word);
  const found = known.find(({ id }) => id === word) ?? byName[0];
  if (found === undefined)
    throw new VdcError("not-found", `There is no worker ${word.slice(0, 80)} in quarantine.`, {
      extra: { remedy: "`vdc worker list` lists them, and why they are." },
    });
  if (found.id !== word && byName.length > 1)
    throw new VdcError("conflict", `${byName.length} workers in quarantine are called ${word}.`, {
      extra: { remedy: "Name one by its id, as `vdc worker list` shows it." },
    });
  return found;
}
