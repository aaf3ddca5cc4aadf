import { useSearchParams } from "react-router";
import { useApps, usePackages } from "#console/data/app-queries.ts";
import { ButtonLink } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonRows } from "#console/kit/skeleton.tsx";
import { ChoosePackage } from "#console/pages/apps/choose-package.tsx";
import { InstallForm } from "#console/pages/apps/install-form.tsx";
import { ProjectSelect, useProjectChoice, usualProject } from "#console/pages/apps/project-choice.tsx";

const up = { to: "/apps", label: "Apps" };

/** From a package of the catalogue to a running app: choose, fill in, look at what would happen, install. */
export function Install() {
  const { names, chosen, choose } = useProjectChoice("app.change");
  const [search] = useSearchParams();
  const project = chosen === "" ? usualProject(names ?? []) : chosen;
  const packages = usePackages(project);
  const apps = useApps(project);
  const asked = search.get("package") ?? "";
  const of = packages.items?.find(({ name }) => name === asked);
  if (names?.length === 0)
    return (
      <Page title="Install an app" up={up}>
        <Empty title="You may not install apps">
          Ask an admin of a project to make you an operator of it.
        </Empty>
      </Page>
    );
  if (of !== undefined && apps.items !== undefined)
    return <InstallForm key={of.id} of={of} taken={apps.items.map(({ name }) => name)} />;
  const error = packages.error ?? apps.error;
  return (
    <Page
      title="Install an app"
      up={up}
      subtitle="Choose what to install; nothing happens before you have seen the plan."
    >
      <div className="w-64 max-sm:w-full">
        <ProjectSelect names={names ?? []} value={project} onChange={choose} />
      </div>
      {error !== null ? (
        <Failure error={error} onRetry={() => void Promise.all([packages.refetch(), apps.refetch()])} />
      ) : packages.items === undefined || (asked !== "" && apps.items === undefined) ? (
        <SkeletonRows />
      ) : packages.items.length === 0 ? (
        <Empty
          title={`The catalogue of ${project} is empty`}
          actions={<ButtonLink to={`/apps/catalogue?project=${project}`}>Open the catalogue</ButtonLink>}
        >
          An admin of the project uploads packages there.
        </Empty>
      ) : (
        <ChoosePackage packages={packages.items} missing={asked} />
      )}
    </Page>
  );
}
