import { VdcError } from "#api/errors.ts";
import { projectKind, type ProjectSpec } from "#api/kinds/project.ts";
import { burstJobRoutes } from "#api/routes/burst-jobs.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { print, tableText } from "#cli/output/print.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

type Policy = NonNullable<ProjectSpec["packages"]>;
type Keys = Policy["keys"];

const attempts = 5;

/** `vdc kernels trust list`: the data center's own key, and those of the project. */
export async function kernelsTrustList(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const { client, io } = session;
    const own = await client.call(burstJobRoutes["burst.key"], { signal: io.signal });
    const { keys } = await policyOf(session, projectOf(call));
    const all = [{ name: "this data center", ...own }, ...keys];
    await print(call, { items: all }, () =>
      tableText(call, {
        headers: ["NAME", "KEY"],
        rows: all.map(({ name, publicKey }) => [name, publicKey]),
      }),
    );
  });
}

/** `vdc kernels trust add KEY`. */
export async function kernelsTrustAdd(call: Call): Promise<void> {
  const publicKey = keyOf(call);
  const name = call.flags.text("name") ?? publicKey;
  await changeKeys(call, (keys) => [
    ...keys.filter((one) => one.publicKey !== publicKey),
    { name, publicKey },
  ]);
  call.io.stdout(`${publicKey} is trusted in project ${projectOf(call)}\n`);
}

/** `vdc kernels trust remove KEY`: what it signed stays where it was admitted. */
export async function kernelsTrustRemove(call: Call): Promise<void> {
  const publicKey = keyOf(call);
  await changeKeys(call, (keys) => {
    const left = keys.filter((one) => one.publicKey !== publicKey);
    if (left.length < keys.length) return left;
    throw new VdcError("not-found", `The project ${projectOf(call)} does not trust ${publicKey}.`);
  });
  call.io.stdout(`${publicKey} is not trusted any more in project ${projectOf(call)}\n`);
}

function keyOf(call: Call): string {
  const [key] = call.words;
  if (key === undefined || key === "") throw new UsageError("the key is missing", "`ed25519:` and base64");
  return key;
}

/** They are the keys that the project trusts for its apps' packages: a publisher is trusted in one place. */
async function changeKeys(call: Call, change: (keys: Keys) => Keys): Promise<void> {
  await withSession(call, async (session) => {
    const { client, io } = session;
    const name = projectOf(call);
    for (let attempt = 1; ; attempt += 1) {
      const { revision, keys } = await policyOf(session, name);
      const spec = { packages: { keys: change(keys).map((key) => ({ ...key })) } };
      try {
        await client.patch(projectKind, { name }, { spec }, { ifRevision: revision, signal: io.signal });
        return;
      } catch (error) {
        const isChanged = error instanceof VdcError && error.code === "precondition-failed";
        if (!isChanged || attempt === attempts) throw error; // somebody changed the project meanwhile
      }
    }
  });
}

async function policyOf(
  { client, io }: Session,
  name: string,
): Promise<{ readonly revision: number; readonly keys: Keys }> {
  const { spec, revision } = await client.get(projectKind, { name }, io.signal);
  const policy = (spec as unknown as ProjectSpec).packages; // as the kind's schema says
  return { revision, keys: policy?.keys ?? [] };
}
