import type { ReactNode } from "react";
import type { AppSpec } from "#api/kinds/app.ts";
import { usePlan } from "#console/data/app-queries.ts";
import type { TypedSecret } from "#console/data/edit-app.ts";
import { PlanView } from "#console/forms/app/plan-view.tsx";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { Failure, FailureNote } from "#console/kit/failure.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";

/** Shows what a spec would bring about, and does it when that is agreed to. */
export function PlanDialog(props: {
  readonly title: string;
  readonly project: string;
  readonly app: string;
  readonly spec: AppSpec | undefined;
  readonly typed?: readonly TypedSecret[];
  /** Above the plan: what is still to be chosen. */
  readonly children?: ReactNode;
  readonly confirmLabel: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}) {
  const { typed = [] } = props;
  const query = usePlan(props.project, props.app, props.spec);
  const plan =
    query.data === undefined || props.spec === undefined
      ? undefined
      : {
          ...query.data,
          // A value that was typed is stored before the spec is applied; the server does not know of it yet.
          problems: query.data.problems.filter(
            ({ path }) => !typed.some(({ setting }) => path === `spec.settings.${setting}`),
          ),
        };
  const isNothing = plan?.outcome === "nothing" && typed.length === 0;
  return (
    <Dialog
      open
      wide
      onClose={props.onClose}
      title={props.title}
      description="The server has looked at this; nothing is changed yet."
    >
      {props.children}
      {plan !== undefined ? (
        <div className={query.isPlaceholderData ? "opacity-60" : ""}>
          <PlanView plan={plan} typed={typed} />
        </div>
      ) : query.error !== null ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        props.spec !== undefined && <SkeletonRows rows={3} />
      )}
      <FailureNote error={props.error} />
      <DialogActions>
        <Button look="quiet" onClick={props.onClose}>
          Back
        </Button>
        <Button
          look="primary"
          busy={props.busy}
          disabled={plan === undefined || plan.problems.length > 0 || isNothing || query.isFetching}
          onClick={props.onConfirm}
        >
          {props.confirmLabel}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
