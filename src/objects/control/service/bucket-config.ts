import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { BucketConfig } from "#api/objects.ts";
import type { CatalogAdmin } from "../../admin.ts";
import type { BucketRecord } from "../../records.ts";
import { callId } from "../call-id.ts";
import { requireStore, type Named, type ObjectsServiceOptions } from "./base.ts";
import { bucketChange, bucketConfig } from "./config.ts";
import { audited, requireBucket } from "./named-bucket.ts";
import { told } from "./told.ts";

/** S3's configuration of buckets. */
export function configService(options: ObjectsServiceOptions) {
  const { store, random } = options;
  return {
    config: async (named: Named): Promise<BucketConfig> => {
      const { catalog } = requireStore(store);
      const name = await requireBucket(options, named);
      return bucketConfig(await recordOf(catalog, named.project, name));
    },
    configure: async (named: Named, given: Partial<BucketConfig>, by: Attribution): Promise<BucketConfig> => {
      const { catalog } = requireStore(store);
      const name = await requireBucket(options, named);
      const change = bucketChange(given, await recordOf(catalog, named.project, name));
      const changed = await told(catalog.updateBucket({ callId: callId(random), name, change }));
      await audited(options, named, "configure", { fields: Object.keys(change) }, by);
      return bucketConfig(changed);
    },
  };
}

async function recordOf(
  catalog: Pick<CatalogAdmin, "buckets">,
  project: string,
  name: string,
): Promise<BucketRecord> {
  const record = (await told(catalog.buckets({ project }))).find((one) => one.name === name);
  if (record === undefined) throw new VdcError("not-found", `Bucket ${name} is gone.`);
  return record;
}
