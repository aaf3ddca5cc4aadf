import { nameSchema } from "#api/names.ts";
import type { ServiceDraft } from "./draft.ts";
import { absolutePath, insidePath } from "./inside-path.ts";
import type { Place } from "./problem.ts";
import { booleanOf, listOf, mapOf, textOf } from "./values.ts";

/** A name of Compose as one of ours: lower case, '_' and '.' as '-'. Undefined after it said that it cannot be one. */
export function resourceName(place: Place, name: string): string | undefined {
  const made = name.toLowerCase().replaceAll(/[_.]/g, "-");
  if (nameSchema.safeParse(made).success) return made;
  return place.wrong(`'${name.slice(0, 63)}' is no name: use 1 to 63 of a-z, 0-9 and '-'`);
}

export function readVolumes(place: Place, draft: ServiceDraft): void {
  for (const one of listOf(place) ?? []) {
    if (typeof one.value === "string") readShort(one, one.value, draft);
    else readLong(one, draft);
  }
}

/** `[SOURCE:]TARGET[:MODE]`. */
function readShort(place: Place, text: string, draft: ServiceDraft): void {
  const parts = text.split(":");
  const [source, target] = parts.length === 1 ? [undefined, parts[0]] : parts;
  const modes = (parts[2] ?? "rw").split(",");
  const wrong = modes.find((mode) => !["ro", "rw", "z", "Z"].includes(mode));
  if (parts.length > 3 || wrong !== undefined || target === undefined) {
    place.wrong("a mount is SOURCE:TARGET or SOURCE:TARGET:ro");
    return;
  }
  const type = source !== undefined && /^[.~/]/.test(source) ? "bind" : "volume";
  addMount(place, { type, source, target, readOnly: modes.includes("ro") }, draft);
}

const longKeys = new Set(["type", "source", "target", "read_only"]);

function readLong(place: Place, draft: ServiceDraft): void {
  const members = new Map(mapOf(place) ?? []);
  for (const [key, member] of members)
    if (!longKeys.has(key) && !key.startsWith("x-"))
      member.wrong(
        "not supported: of a mount only type, source, target and read_only are; volumes and files have no other options here",
      );
  const text = (key: string) => {
    const member = members.get(key);
    return member === undefined ? undefined : textOf(member);
  };
  const readOnly = members.get("read_only");
  const target = text("target");
  if (target === undefined) {
    place.wrong("a mount needs a target");
    return;
  }
  const mount = {
    type: text("type") ?? "",
    source: text("source"),
    target,
    readOnly: readOnly === undefined ? false : booleanOf(readOnly) === true,
  };
  addMount(place, mount, draft);
}

function addMount(
  place: Place,
  mount: {
    readonly type: string;
    readonly source: string | undefined;
    readonly target: string;
    readonly readOnly: boolean;
  },
  draft: ServiceDraft,
): void {
  const target = absolutePath(place, mount.target);
  if (target === undefined) return;
  if (mount.type === "tmpfs") return checkTmpfs(place, target);
  if (mount.type === "bind") {
    const from = insidePath(place, mount.source ?? "");
    if (from === undefined) return;
    if (!mount.readOnly)
      draft.file.notes.push(
        `${place.path}: files of the package are read-only for the service; use a volume for what it writes`,
      );
    draft.binds.push({ source: { from }, target, path: place.path });
  } else if (mount.type === "volume") addVolume(place, { ...mount, target }, draft);
  else place.wrong("not supported: a mount is a bind of the package's files, a volume or a tmpfs");
}

function addVolume(
  place: Place,
  mount: { readonly source: string | undefined; readonly target: string; readonly readOnly: boolean },
  draft: ServiceDraft,
): void {
  const declared = mount.source === undefined ? undefined : draft.file.volumes.get(mount.source);
  if (mount.source !== undefined && declared === undefined) {
    place.wrong(`the volume '${mount.source.slice(0, 63)}' is not in the volumes of the file`);
    return;
  }
  // An anonymous volume gets a name, because a volume outlives its instances here.
  const last = mount.target.split("/").at(-1) ?? "data";
  const name = declared ?? resourceName(place, `${draft.name}-${last}`);
  if (name !== undefined) draft.volumes.push({ name, path: mount.target, readOnly: mount.readOnly });
}

export function readTmpfs(place: Place, _draft: ServiceDraft): void {
  const ones = typeof place.value === "string" ? [place] : (listOf(place) ?? []);
  for (const one of ones) {
    const text = textOf(one);
    const target = text === undefined ? undefined : absolutePath(one, text.split(":")[0] ?? "");
    if (target !== undefined) checkTmpfs(one, target);
  }
}

/** Every instance has a /tmp of its own that goes with it; there is no other such place. */
function checkTmpfs(place: Place, target: string): void {
  if (target !== "/tmp")
    place.wrong("not supported: only /tmp is private and passing; it always is, so use that");
}

/** Configurations are files of the package, laid over its folder. */
export function readConfigs(place: Place, draft: ServiceDraft): void {
  for (const one of listOf(place) ?? []) {
    const isShort = typeof one.value === "string";
    const members = new Map(isShort ? [] : (mapOf(one) ?? []));
    for (const [key, member] of members)
      if (key !== "source" && key !== "target")
        member.wrong("not supported: of a config only source and target are");
    const source = isShort ? textOf(one) : textOf(members.get("source") ?? one);
    const to = members.get("target");
    const target = to === undefined ? `/${source ?? ""}` : textOf(to);
    const known = source === undefined ? undefined : draft.file.configs.get(source);
    if (known === undefined) one.wrong("the configs of the file have none of that name");
    const path = target === undefined ? undefined : absolutePath(one, target);
    if (known !== undefined && path !== undefined)
      draft.binds.push({ source: known, target: path, path: one.path });
  }
}

/** Secrets come from settings: nothing secret is ever put into a package. */
export function readSecrets(place: Place, draft: ServiceDraft): void {
  for (const one of listOf(place) ?? []) {
    const members = new Map(typeof one.value === "string" ? [] : (mapOf(one) ?? []));
    for (const [key, member] of members)
      if (key !== "source" && key !== "target")
        member.wrong("not supported: of a secret only source and target are");
    const source = textOf(typeof one.value === "string" ? one : (members.get("source") ?? one));
    const to = members.get("target");
    const target = to === undefined ? source : textOf(to);
    if (source !== undefined && !draft.file.secrets.has(source))
      one.wrong("the secrets of the file have none of that name");
    const file = target?.replace(/^\/run\/secrets\//, "");
    if (file === undefined) continue;
    if (/^[A-Za-z0-9._-]{1,200}$/.test(file) && !/^\.+$/.test(file)) draft.secretFiles.push(file);
    else one.wrong("a secret is seen as /run/secrets/NAME, and nowhere else");
  }
}
