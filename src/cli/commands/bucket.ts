import type { z } from "zod";
import { bucketConfigSchema, type BucketConfig } from "#api/objects.ts";
import { parseInput } from "#api/validate.ts";
import type { ResourceKey } from "#api/resource.ts";
import { kindOf, projectOf } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { readText } from "#cli/input/read-text.ts";
import { harmlessLine, harmlessText } from "#cli/output/harmless.ts";
import { print } from "#cli/output/print.ts";
import { yamlText } from "#cli/output/structured.ts";
import { createOne, deleteOne, listKind, nameOf } from "#cli/objects/written.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const maxConfigBytes = 512 * 1024;

/** `vdc bucket list`. */
export async function bucketList(call: Call): Promise<void> {
  await withSession(call, async (session) => await listKind(call, session, "bucket"));
}

/** `vdc bucket create NAME`. */
export async function bucketCreate(call: Call): Promise<void> {
  const name = nameOf(call, "bucket");
  const { flags } = call;
  const s3Name = flags.text("s3Name");
  const description = flags.text("description");
  await withSession(call, async (session) => {
    const made = await createOne(call, session, "bucket", name, {
      ...(s3Name === undefined ? {} : { s3Name }),
      ...(description === undefined ? {} : { description }),
      versioning: flags.has("versioning") || flags.has("objectLock"),
      objectLock: flags.has("objectLock"),
    });
    await print(call, made, () => `bucket/${name} created\n`);
  });
}

/** `vdc bucket delete NAME [--empty]`. */
export async function bucketDelete(call: Call): Promise<void> {
  const isEmptied = call.flags.has("empty");
  const what = isEmptied
    ? "This deletes the bucket with every object and every version in it."
    : "This deletes the bucket once it is empty.";
  await withSession(call, async (session) => {
    const confirmed = async (key: ResourceKey) => {
      if (isEmptied)
        await session.client.patch(kindOf(session, "bucket"), key, { spec: { whenDeleted: "empty" } });
    };
    await deleteOne(call, session, { kind: "bucket", what, confirmed });
  });
}

/** `vdc bucket config NAME`: shows S3's configuration, or changes what is given of it. */
export async function bucketConfig(call: Call): Promise<void> {
  const name = nameOf(call, "bucket");
  const change = await changeOf(call);
  await withSession(call, async ({ client }) => {
    const params = { project: projectOf(call), name };
    const { signal } = call.io;
    const isChange = Object.keys(change).length > 0;
    const config = isChange
      ? await client.call(client.routes["bucket.configure"], { params, body: change, signal })
      : await client.call(client.routes["bucket.config"], { params, signal });
    await print(call, config, async () => harmlessText(await yamlText(config)));
    if (isChange) call.io.stderr(`bucket/${harmlessLine(name)} configured\n`);
  });
}

type Change = z.input<ReturnType<typeof bucketConfigSchema.partial>>;

async function changeOf(call: Call): Promise<Change> {
  const { flags } = call;
  const file = flags.text("file");
  const given = file === undefined ? {} : await documentOf(call, file);
  const versioning = flags.oneOf("versioning", ["enabled", "suspended"] as const);
  const encryption = flags.oneOf("encryption", ["on", "off"] as const);
  const publicAccess = flags.oneOf("public", ["refuse", "allow"] as const);
  const policy = flags.text("policy");
  return {
    ...given,
    ...(versioning === undefined ? {} : { versioning }),
    ...(encryption === undefined ? {} : { encryption: encryption === "on" ? ("AES256" as const) : null }),
    ...(publicAccess === undefined
      ? {}
      : { publicAccessBlock: publicAccess === "refuse" ? allRefused : null }),
    ...(policy === undefined ? {} : { policy: await policyOf(call, policy) }),
  };
}

const allRefused: NonNullable<BucketConfig["publicAccessBlock"]> = {
  blockPublicAcls: true,
  ignorePublicAcls: true,
  blockPublicPolicy: true,
  restrictPublicBuckets: true,
};

async function documentOf(call: Call, file: string): Promise<Change> {
  const text = await readText(call, file, maxConfigBytes);
  // YAML holds JSON, too.
  const { parse } = await import("yaml");
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new UsageError(
      `${file} is neither YAML nor JSON`,
      cause instanceof Error ? cause.message : undefined,
    );
  }
  return parseInput(bucketConfigSchema.partial(), value, file);
}

async function policyOf(call: Call, policy: string): Promise<string | null> {
  if (policy === "none") return null;
  return await readText(call, policy.replace(/^@/, ""), maxConfigBytes);
}
