import { Link } from "react-router";
import type { Package } from "#console/data/app-queries.ts";
import { byVersion } from "#console/lib/app-view.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";
import { PackageIcon } from "#console/pages/apps/package-icon.tsx";

/** The catalogue as a choice: one entry for each software, the newest version first. */
export function ChoosePackage(props: { readonly packages: readonly Package[]; readonly missing: string }) {
  const usable = props.packages.filter(
    ({ deletingSince, status }) => deletingSince === undefined && status.phase !== "damaged",
  );
  const groups = [...Map.groupBy(usable, ({ spec }) => spec.manifest.id).values()];
  return (
    <>
      {props.missing !== "" && (
        <p role="alert" className="text-warn">
          The package {props.missing} is not in this catalogue.
        </p>
      )}
      <ul aria-label="Packages" className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {groups.map((versions) => (
          <Choice key={versions[0]?.spec.manifest.id} versions={versions.toSorted(byVersion)} />
        ))}
      </ul>
    </>
  );
}

function Choice(props: { readonly versions: readonly Package[] }) {
  const [newest, ...older] = props.versions;
  if (newest === undefined) return null;
  const { manifest } = newest.spec;
  const name = inReadersLanguage(manifest.name);
  return (
    <li className="relative flex min-w-0 items-start gap-3 rounded-lg border border-line bg-surface p-4 transition-colors hover:border-line-strong">
      <PackageIcon of={newest} name={name} className="size-11" />
      <div className="flex min-w-0 grow flex-col gap-1">
        <Link
          to={installAddress(newest)}
          className="text-md font-semibold after:absolute after:inset-0 after:rounded-lg"
        >
          {name}
        </Link>
        <p className="text-dim">{inReadersLanguage(manifest.summary)}</p>
        <p className="text-xs text-faint tabular">
          {manifest.version}
          {older.map((one) => (
            <span key={one.id}>
              {" · "}
              <Link to={installAddress(one)} className="link relative z-10">
                {one.spec.manifest.version}
              </Link>
            </span>
          ))}
        </p>
      </div>
    </li>
  );
}

function installAddress(of: Package): string {
  return `/apps/install?project=${of.project ?? ""}&package=${of.name}`;
}
