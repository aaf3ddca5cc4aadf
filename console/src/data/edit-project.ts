import { VdcError } from "#api/errors.ts";
import type { WriteAnswer } from "#api/client.ts";
import { projectKind, type ProjectSpec } from "#api/kinds/project.ts";
import { canonicalJson } from "#lib/json.ts";
import { api } from "#console/data/api.ts";
import type { Project } from "#console/data/queries.ts";
import { tellError } from "#console/kit/failure.tsx";
import { say } from "#console/kit/toast.tsx";

type Wanted = Pick<Project, "labels" | "spec">;

export type EditOutcome =
  | { readonly kind: "done"; readonly answer: WriteAnswer }
  /** Somebody else changed what people write: spec or labels. */
  | { readonly kind: "conflict"; readonly theirs: Project };

const maxAttempts = 4;

/**
 * Applies `wanted` if spec and labels are still those of `base`. A revision that grew because VDC wrote the status
 * is no conflict: the edit is sent again with the newer one.
 */
export async function applyProject(
  base: Project,
  wanted: Wanted,
  options: { readonly dryRun?: boolean } = {},
): Promise<EditOutcome> {
  let current = base;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    try {
      const answer = await api.apply(
        projectKind,
        { name: base.name, labels: wanted.labels, spec: wanted.spec },
        { ifRevision: current.revision, dryRun: options.dryRun === true },
      );
      return { kind: "done", answer };
    } catch (error) {
      if (!(error instanceof VdcError) || error.code !== "precondition-failed") throw error;
      current = (await api.get(projectKind, { name: base.name })) as Project; // the kind's own resource
      if (!sameWish(base, current)) return { kind: "conflict", theirs: current };
    }
  }
  throw new VdcError("conflict", `${base.name} changes too often to be edited.`);
}

/** A small edit that makes sense on any version: on a conflict it is made again on the newest. */
export async function editProject(
  project: Project,
  edit: (spec: ProjectSpec) => ProjectSpec,
): Promise<Project> {
  let base = project;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const outcome = await applyProject(base, { labels: base.labels, spec: edit(base.spec) });
    if (outcome.kind === "done") {
      offerUndo(base, outcome.answer);
      return outcome.answer.resource as Project; // the kind's own resource
    }
    base = outcome.theirs;
  }
  throw new VdcError("conflict", `${project.name} changes too often to be edited.`);
}

/** Says what was changed and offers to take it back while nobody else has changed it further. */
export function offerUndo(before: Project, answer: WriteAnswer): void {
  if (answer.outcome === "unchanged") return say(`${before.name}: nothing to change`, { tone: "rest" });
  const after = answer.resource as Project; // the kind's own resource
  say(`${before.name} changed`, {
    action: { label: "Undo", run: () => void undo(before, after) },
  });
}

async function undo(before: Project, after: Project): Promise<void> {
  try {
    const outcome = await applyProject(after, before);
    if (outcome.kind === "done") say(`${before.name} is as it was`);
    else say("Not undone", { tone: "warn", description: "Somebody changed it again meanwhile." });
  } catch (error) {
    say("Not undone", { tone: "bad", description: tellError(error).detail });
  }
}

function sameWish(a: Wanted, b: Wanted): boolean {
  return (
    canonicalJson({ labels: a.labels, spec: a.spec }) === canonicalJson({ labels: b.labels, spec: b.spec })
  );
}
