import { keysPerProjectMax } from "#objects/limits.ts";
import type { AccessKeyRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { tableRange, textKey } from "./keys.ts";
import type { Planning } from "./planning.ts";
import { decodeJson, encodeJson } from "./rows.ts";
import type { Sealer } from "./settings.ts";

/** Adds or replaces an access key. In its row the secret is sealed. */
export function planPutKey(plan: Planning, key: AccessKeyRecord, sealer: Sealer): void {
  const rowKey = textKey("accessKey", key.accessKeyId);
  if (plan.rows.get(rowKey) === undefined && keysOfProject(plan, key.project) >= keysPerProjectMax)
    throw new S3Error("InvalidRequest", "The project has as many access keys as it may.");
  plan.rows.put(rowKey, encodeJson({ ...key, secretAccessKey: sealer.seal(key.secretAccessKey) }));
  plan.setKey(key.accessKeyId, key);
}

/** A key that is not there is no error. */
export function planRemoveKey(plan: Planning, accessKeyId: string): void {
  const rowKey = textKey("accessKey", accessKeyId);
  if (plan.rows.get(rowKey) === undefined) return;
  plan.rows.remove(rowKey);
  plan.setKey(accessKeyId, undefined);
}

function keysOfProject(plan: Planning, project: string): number {
  const { from, to } = tableRange("accessKey");
  let count = 0;
  for (const row of plan.rows.scan(from, to)) {
    const key = decodeJson(row.value) as AccessKeyRecord; // rows of `accessKey` hold nothing else
    if (key.project === project) count += 1;
  }
  return count;
}
