import type { CarePorts, Works } from "./care-ports.ts";
import { cleanJournalWork } from "./clean-journal.ts";
import { drainWork } from "./drain.ts";
import { garbageWork } from "./garbage.ts";
import { rebalanceWork } from "./rebalance.ts";
import { repairWork } from "./repair.ts";
import { scrubWork } from "./scrub.ts";

/** What care can do, by name. */
export function careWorks(ports: CarePorts): Works {
  return {
    repair: repairWork(ports),
    scrub: scrubWork(ports),
    rebalance: rebalanceWork(ports),
    drain: drainWork(ports),
    "collect-garbage": garbageWork(ports),
    "clean-journal": cleanJournalWork(ports),
  };
}
