import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { CallId, Catalog, Finding } from "#objects/catalog.ts";
import type { Journal } from "#objects/journal/journal-contract.ts";
import { findExtent } from "./care-rows.ts";
import { catalogCare, type CatalogCare } from "./care.ts";
import { Executor } from "./executor.ts";
import { planDiscard, queueRepair } from "./extents.ts";
import type { Index } from "./index-contract.ts";
import { planAnnotate } from "./plan-annotate.ts";
import { planCreateBucket, planDeleteBucket, planUpdateBucket } from "./plan-bucket.ts";
import { planCommit } from "./plan-commit.ts";
import { planCompleteUpload } from "./plan-complete.ts";
import { planPutKey, planRemoveKey } from "./plan-key.ts";
import { planRemove, planRemoveMany } from "./plan-remove.ts";
import { planAbortUpload, planCreateUpload, planPutPart } from "./plan-upload.ts";
import type { Planning } from "./planning.ts";
import { catalogQuestions } from "./questions.ts";
import { Settings, type ConfigurationChange, type Sealer } from "./settings.ts";

export interface CatalogParts {
  /** Up to date with the journal; see openCatalog. */
  readonly index: Index;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  /** Resolves when every front knows. Called in the order of the changes. */
  readonly onConfiguration: (change: ConfigurationChange) => Promise<void>;
  /** What fronts saw of drives; shards to repair are queued already. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** See ExecutorParts. */
  readonly onBroken: (cause: unknown) => void;
  /** See ExecutorParts. */
  readonly onDroppedEvents?: (events: number) => void;
}

export interface OpenedCatalog {
  readonly catalog: Catalog;
  readonly configuration: Settings;
  readonly care: CatalogCare;
}

/** The catalog over an index that is up to date. */
export function createCatalog(parts: CatalogParts): OpenedCatalog {
  const { index, journal, sealer } = parts;
  const settings = new Settings(index, sealer, parts.onConfiguration);
  const executor = new Executor({ ...parts, settings });
  const command =
    <I extends CallId, A>(planner: (plan: Planning, input: I, blob?: Uint8Array) => A) =>
    async (input: I, blob?: Uint8Array): Promise<A> =>
      await executor.run(input.callId, (plan) => planner(plan, input, blob));
  const catalog: Catalog = {
    ...catalogQuestions(index, settings),
    createBucket: command((plan, input) => planCreateBucket(plan, input.bucket)),
    deleteBucket: command((plan, input) => planDeleteBucket(plan, input.name)),
    updateBucket: command((plan, input) => planUpdateBucket(plan, input.name, input.change)),
    commit: command(planCommit),
    remove: command((plan, input) => planRemove(plan, input.bucket, input, input)),
    removeMany: command((plan, input) => planRemoveMany(plan, input.bucket, input.targets, input)),
    annotate: command(planAnnotate),
    createUpload: command(planCreateUpload),
    putPart: command(planPutPart),
    completeUpload: command(planCompleteUpload),
    abortUpload: command((plan, input) => planAbortUpload(plan, input.bucket, input.key, input.uploadId)),
    putKey: async ({ key }) => await executor.run(undefined, (plan) => planPutKey(plan, key, sealer)),
    removeKey: async ({ accessKeyId }) =>
      await executor.run(undefined, (plan) => planRemoveKey(plan, accessKeyId)),
    report: async ({ findings }) => {
      await executor.run(undefined, (plan) => planReport(plan, findings));
      parts.onFindings(findings);
    },
    discard: async ({ extents }) => await executor.run(undefined, (plan) => planDiscard(plan, extents)),
  };
  return { catalog, configuration: settings, care: catalogCare({ index, journal, executor }) };
}

/** Shards that are missing or damaged wait for their repair, when something still refers to them. */
function planReport(plan: Planning, findings: readonly Finding[]): void {
  for (const { kind, extentId, shard } of findings) {
    if (extentId === undefined || shard === undefined) continue;
    if (kind !== "checksum-mismatch" && kind !== "missing-shard") continue;
    if (findExtent(plan.rows, extentId) !== undefined) queueRepair(plan, extentId, shard);
  }
}
