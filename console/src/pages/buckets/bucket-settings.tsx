import { useState } from "react";
import { diffJson } from "#api/diff.ts";
import { VdcError } from "#api/errors.ts";
import type { BucketConfig } from "#api/objects.ts";
import { configureBucket, useBucketConfig } from "#console/data/object-queries.ts";
import { Diff } from "#console/forms/review-changes.tsx";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { say } from "#console/kit/toast.tsx";
import { changeOf } from "#console/lib/bucket-changes.ts";
import { configOf, draftOf, policyProblem, type BucketDraft } from "#console/lib/bucket-form.ts";
import { useAction } from "#console/lib/use-action.ts";
import { CorsSection } from "#console/pages/buckets/cors-section.tsx";
import { LifecycleSection } from "#console/pages/buckets/lifecycle-section.tsx";
import {
  AccessSection,
  PolicySection,
  StorageSection,
  TagsSection,
} from "#console/pages/buckets/settings-sections.tsx";
import { useShownBucket } from "#console/pages/buckets/shown-bucket.ts";

export function BucketSettings() {
  const { at } = useShownBucket();
  const query = useBucketConfig(at);
  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows />
    ) : (
      <Failure error={query.error} onRetry={() => void query.refetch()} />
    );
  return <SettingsForm config={query.data} />;
}

/** All settings as one form: what would change is shown before it does. */
function SettingsForm(props: { readonly config: BucketConfig }) {
  const { at, mayConfigure } = useShownBucket();
  const [base, setBase] = useState(props.config);
  const [draft, setDraft] = useState(() => draftOf(base));
  const [reviewing, setReviewing] = useState(false);
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const wanted = configOf(draft);
  const change = changeOf(base, wanted);
  const isDirty = Object.keys(change).length > 0;

  const apply = useAction(async () => {
    try {
      const after = await configureBucket(at, change);
      setBase(after);
      setDraft(draftOf(after));
      setReviewing(false);
      say(`Settings of ${at.name} changed`);
    } catch (error) {
      const told = problemsOf(error);
      setProblems(told);
      if (Object.keys(told).length === 0) throw error;
      setReviewing(false);
    }
  });
  const set = (part: Partial<BucketDraft>) => {
    setProblems({});
    setDraft((before) => ({ ...before, ...part }));
  };
  const section = { draft, base, set, problems, disabled: !mayConfigure };
  const discard = () => {
    setBase(props.config);
    setDraft(draftOf(props.config));
    setProblems({});
  };
  return (
    <form
      noValidate
      className="flex max-w-4xl flex-col gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        const policy = policyProblem(draft.policy);
        setProblems(policy === undefined ? {} : { policy });
        if (policy === undefined && isDirty) setReviewing(true);
      }}
    >
      <StorageSection {...section} />
      <AccessSection {...section} />
      <PolicySection {...section} />
      <CorsSection {...section} />
      <LifecycleSection {...section} />
      <TagsSection {...section} />
      {mayConfigure && (
        <div className="sticky bottom-0 flex flex-wrap items-center gap-3 border-t border-line bg-ground py-3 max-md:bottom-14">
          <Button type="submit" look="primary" disabled={!isDirty}>
            Review changes
          </Button>
          <Button look="quiet" disabled={!isDirty} onClick={discard}>
            Discard
          </Button>
          {Object.keys(problems).length > 0 && (
            <span role="alert" className="text-bad">
              Something above was refused.
            </span>
          )}
        </div>
      )}
      {reviewing && (
        <Dialog
          open
          wide
          onClose={() => setReviewing(false)}
          title={`Change the settings of ${at.name}?`}
          description="Nothing is changed yet. Clients meet the new settings at once."
        >
          <Diff diff={diffJson(given(partOf(base, change)), given(change))} />
          <FailureNote error={apply.error} />
          <DialogActions>
            <Button look="quiet" onClick={() => setReviewing(false)}>
              Back
            </Button>
            <Button look="primary" busy={apply.busy} onClick={() => apply.run()}>
              Apply
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </form>
  );
}

/** The members of the configuration that are to change, as they are. */
function partOf(base: BucketConfig, change: Partial<BucketConfig>): Partial<BucketConfig> {
  return Object.fromEntries(Object.entries(base).filter(([field]) => field in change));
}

/** Null is not set: it has no line. */
function given(config: Partial<BucketConfig>): Partial<BucketConfig> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
}

/** The server's refusals by section: `lifecycle[0].id` is told at the lifecycle. */
function problemsOf(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof VdcError)) return {};
  return Object.fromEntries(
    error.fields.map(({ path, message }) => {
      const [, section = "", rest = ""] = /^([A-Za-z]+)(.*)$/.exec(path) ?? [];
      return [
        section,
        rest === ""
          ? message
          : `${rest.replace(/^\[(\d+)\]\.?/, (_, at) => `rule ${Number(at) + 1} `)}: ${message}`,
      ];
    }),
  );
}
