import { assert } from "#lib/assert.ts";

/** Key of a reconciler for what lives in a project: `PROJECT/NAME`; names hold no slash. */
export function projectKey({
  project,
  name,
}: {
  readonly project?: string | undefined;
  readonly name: string;
}): string {
  return `${project ?? ""}/${name}`;
}

export function parseProjectKey(key: string): { readonly project: string; readonly name: string } {
  const [project, name] = key.split("/");
  assert(project !== undefined && name !== undefined, "a key in a project has two parts");
  return { project, name };
}
