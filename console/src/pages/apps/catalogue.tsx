import { Trash2 } from "lucide-react";
import { useState } from "react";
import { packageKind } from "#api/kinds/package.ts";
import { api } from "#console/data/api.ts";
import { usePackages, type Package } from "#console/data/app-queries.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { ButtonLink, IconButton } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { say } from "#console/kit/toast.tsx";
import { byVersion } from "#console/lib/app-view.ts";
import { countOf, formatBytes } from "#console/lib/format.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";
import { useAction } from "#console/lib/use-action.ts";
import { AppsTabs } from "#console/pages/apps/apps-tabs.tsx";
import { PackageIcon } from "#console/pages/apps/package-icon.tsx";
import { ProjectSelect, useProjectChoice, usualProject } from "#console/pages/apps/project-choice.tsx";
import { UploadPackage } from "#console/pages/apps/upload-panel.tsx";

/** What can be installed in a project: verified packages, and the way to bring one in. */
export function Catalogue() {
  const me = useMe();
  const { names, chosen, choose } = useProjectChoice();
  const project = chosen === "" ? usualProject(names ?? []) : chosen;
  const query = usePackages(project);
  const mayUpload = may(me, "package.upload", project);
  return (
    <Page title="Apps" subtitle="Packages that can be installed; each project has its own catalogue.">
      <AppsTabs />
      {names?.length === 0 ? (
        <Empty title="No project yet">
          A catalogue belongs to a project: create one, or ask to become a member of one.
        </Empty>
      ) : (
        <>
          <div className="flex flex-wrap items-end justify-between gap-4">
            <div className="w-64 max-sm:w-full">
              <ProjectSelect names={names ?? []} value={project} onChange={choose} />
            </div>
            {query.items !== undefined && (
              <span className="text-xs text-faint tabular" role="status">
                {countOf(query.items.length, "package")}
              </span>
            )}
          </div>
          {mayUpload && <UploadPackage key={project} project={project} />}
          {query.items === undefined ? (
            query.error === null ? (
              <SkeletonRows />
            ) : (
              <Failure error={query.error} onRetry={() => void query.refetch()} />
            )
          ) : query.items.length === 0 ? (
            <Empty title={`The catalogue of ${project} is empty`}>
              {mayUpload
                ? "Upload a package file here. vdc package build makes one from a folder, and vdc deploy uploads by itself."
                : "An admin of the project can upload packages."}
            </Empty>
          ) : (
            <ul aria-label="Packages" className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
              {query.items.toSorted(byNameAndVersion).map((one) => (
                <li key={one.id} className="min-w-0">
                  <PackageCard
                    of={one}
                    mayInstall={may(me, "app.change", project)}
                    mayDelete={may(me, "package.upload", project)}
                  />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Page>
  );
}

function byNameAndVersion(a: Package, b: Package): number {
  return a.spec.manifest.id.localeCompare(b.spec.manifest.id) || byVersion(a, b);
}

function PackageCard(props: {
  readonly of: Package;
  readonly mayInstall: boolean;
  readonly mayDelete: boolean;
}) {
  const { of } = props;
  const { manifest, signedBy, sizeBytes } = of.spec;
  const [deleting, setDeleting] = useState(false);
  const name = inReadersLanguage(manifest.name);
  const isDamaged = of.status.phase === "damaged";
  return (
    <article
      aria-label={`${name} ${manifest.version}`}
      className="flex h-full flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <div className="flex items-start gap-3">
        <PackageIcon of={of} name={name} className="size-11" />
        <div className="min-w-0 grow">
          <h2 className="text-md font-semibold">{name}</h2>
          <p className="text-dim">{inReadersLanguage(manifest.summary)}</p>
        </div>
      </div>
      <dl className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-dim tabular">
        <Fact name="Version" value={manifest.version} />
        <Fact name="Size" value={formatBytes(sizeBytes)} />
        {manifest.vendor !== undefined && <Fact name="By" value={manifest.vendor.name} />}
        {manifest.licence?.spdx !== undefined && <Fact name="Licence" value={manifest.licence.spdx} />}
      </dl>
      <div className="flex flex-wrap items-center gap-2">
        {signedBy === undefined ? (
          <Tag title="No signature by a key that this project trusts">not signed</Tag>
        ) : (
          <Tag tone="good" title={signedBy.keyId}>{`signed by ${signedBy.name ?? signedBy.keyId}`}</Tag>
        )}
        {of.deletingSince !== undefined && <State tone="warn">being deleted</State>}
        {isDamaged && <State tone="bad">damaged: upload it again</State>}
        {(of.status.usedBy?.length ?? 0) > 0 && (
          <span className="text-xs text-faint">used by {of.status.usedBy?.join(", ")}</span>
        )}
      </div>
      <div className="mt-auto flex items-center justify-between gap-2 pt-1">
        {props.mayInstall && of.deletingSince === undefined && !isDamaged ? (
          <ButtonLink
            to={`/apps/install?project=${of.project ?? ""}&package=${of.name}`}
            aria-label={`Install ${name} ${manifest.version}`}
          >
            Install
          </ButtonLink>
        ) : (
          <span />
        )}
        {props.mayDelete && (
          <IconButton
            label={`Delete package ${of.name}`}
            disabled={of.deletingSince !== undefined}
            onClick={() => setDeleting(true)}
          >
            <Trash2 size={15} aria-hidden="true" />
          </IconButton>
        )}
      </div>
      {deleting && <DeletePackage of={of} onClose={() => setDeleting(false)} />}
    </article>
  );
}

function Fact(props: { readonly name: string; readonly value: string }) {
  return (
    <div className="flex gap-1.5">
      <dt className="text-faint">{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

function DeletePackage(props: { readonly of: Package; readonly onClose: () => void }) {
  const { of } = props;
  const users = of.status.usedBy ?? [];
  const remove = useAction(async () => {
    await api.delete(packageKind, { project: of.project ?? "", name: of.name });
    props.onClose();
    say(users.length === 0 ? `Package ${of.name} is deleted` : `Package ${of.name} will be deleted`);
  });
  return (
    <FormDialog
      title={`Delete package ${of.name}?`}
      description={
        users.length === 0
          ? "Its files go. It can be uploaded again."
          : `It is used by ${users.join(", ")}: it goes as soon as none of them runs it any more.`
      }
      error={remove.error}
      busy={remove.busy}
      submit={{ label: "Delete package", look: "danger" }}
      cancelLabel="Keep it"
      onSubmit={(event) => {
        event.preventDefault();
        remove.run();
      }}
      onClose={props.onClose}
    >
      {null}
    </FormDialog>
  );
}
