import { describe } from "node:test";
import { auditConformance } from "./conformance/audit.ts";
import type { OpenEngine } from "./conformance/engine.ts";
import { feedConformance } from "./conformance/feed.ts";
import { leaseConformance } from "./conformance/leases.ts";
import { listConformance } from "./conformance/lists.ts";
import { quotaConformance } from "./conformance/quotas.ts";
import { recordConformance } from "./conformance/records.ts";
import { removalConformance } from "./conformance/removal.ts";
import { resourceConformance } from "./conformance/resources.ts";

/**
 * What every engine of the store does, as tests. `open` gives an empty store that knows the kinds `project`,
 * `machine`, `widget` (in a project, removed at once) and `gadget` (in a project, finalized).
 */
export function storeConformance(name: string, open: OpenEngine): void {
  describe(`the store on ${name}`, () => {
    resourceConformance(open);
    removalConformance(open);
    quotaConformance(open);
    listConformance(open);
    feedConformance(open);
    recordConformance(open);
    auditConformance(open);
    leaseConformance(open);
  });
}
