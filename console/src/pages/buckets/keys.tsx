import { Page } from "#console/kit/page.tsx";
import { ProjectSelect, useProjectChoice, usualProject } from "#console/pages/apps/project-choice.tsx";
import { BucketsTabs } from "#console/pages/buckets/buckets-tabs.tsx";
import { KeysPanel } from "#console/pages/buckets/keys-panel.tsx";

/** The access keys of one project. */
export function Keys() {
  const { names, chosen, choose } = useProjectChoice();
  const project = chosen === "" ? usualProject(names ?? []) : chosen;
  return (
    <Page title="Access keys" subtitle="Credentials for S3: for a person, a program or an app.">
      <BucketsTabs />
      <div className="max-w-48 max-sm:max-w-none">
        <ProjectSelect names={names ?? []} value={project} onChange={choose} />
      </div>
      <KeysPanel project={project} />
    </Page>
  );
}
