import { objectAccessList } from "#objects/acl.ts";
import type { Catalog, Found } from "#objects/catalog.ts";
import type { Admission } from "./candidate.ts";

/** What admission may ask of an object as it is, answered by the catalog. */
export function objectLookups(
  catalog: Pick<Catalog, "find">,
): Pick<Admission, "objectTags" | "objectAccess"> {
  const find = (bucket: string, key: string, versionId: string | undefined): Promise<Found> =>
    catalog.find(versionId === undefined ? { bucket, key } : { bucket, key, versionId });
  return {
    objectTags: async (...name) => (await find(...name)).version?.tags ?? {},
    objectAccess: async (...name) => {
      const { bucket, version } = await find(...name);
      // A delete marker has no owner whose list could open it.
      if (version === undefined || version.isDeleteMarker) return undefined;
      return objectAccessList(version, bucket);
    },
  };
}
