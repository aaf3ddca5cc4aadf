import type { Attribution } from "#api/actor.ts";
import type { Operation } from "#api/records.ts";
import { VdcError } from "#api/errors.ts";
import { genesisHash, verifyAuditChain } from "#store/audit-chain.ts";
import type { AuditStore } from "#store/store.ts";
import type { Operations, Progress } from "../operations/operations.ts";

/** Entries of one page; hashing a page takes a few milliseconds, so the process stays answering. */
const pageEntries = 500;
const lineEveryEntries = 50_000;

/** Walks the whole audit chain in the background; fails with the exact sequence that is broken. */
export async function startAuditVerification(
  by: Attribution,
  ports: { readonly audit: AuditStore; readonly operations: Operations },
): Promise<Operation> {
  return await ports.operations.start(
    {
      type: "audit.verify",
      title: "Verify the audit chain",
      by,
      cancelable: true,
      steps: ["walk the chain", "compare its end"],
    },
    async (progress, signal) => await verify(ports.audit, progress, signal),
  );
}

async function verify(audit: AuditStore, progress: Progress, signal: AbortSignal) {
  // Entries that come after this moment are not waited for.
  const head = await audit.head();
  progress.step("walk the chain");
  let at = { sequence: 0, hash: genesisHash };
  while (at.sequence < head.sequence) {
    signal.throwIfAborted();
    const limit = Math.min(pageEntries, head.sequence - at.sequence);
    const page = await audit.list({ after: at.sequence, limit });
    if (page.length === 0)
      throw broken(at.sequence + 1, "the chain was cut: the entries from here on are missing");
    const verdict = verifyAuditChain(page, at);
    if (!verdict.intact) throw broken(verdict.sequence, verdict.why);
    if (Math.floor(verdict.sequence / lineEveryEntries) > Math.floor(at.sequence / lineEveryEntries))
      progress.log(`${verdict.sequence} of ${head.sequence} entries are intact`);
    at = verdict;
    progress.percent((at.sequence / head.sequence) * 100);
  }
  progress.step("compare its end");
  if (at.hash !== head.hash)
    throw broken(at.sequence, "the chain does not end with the hash that is on record");
  progress.log(`${at.sequence} entries are intact`);
  return { entries: at.sequence, headSequence: at.sequence, headHash: at.hash };
}

function broken(sequence: number, why: string): VdcError {
  return new VdcError("audit-broken", `The audit chain is broken at entry ${sequence}: ${why}.`, {
    extra: { sequence },
  });
}
