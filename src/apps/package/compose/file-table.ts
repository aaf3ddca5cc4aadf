import type { ComposeDraft } from "./draft.ts";
import { insidePath } from "./inside-path.ts";
import type { KeyTable } from "./key-table.ts";
import { resourceName } from "./mounts.ts";
import type { Place } from "./problem.ts";
import { mapOf, textOf } from "./values.ts";

/** The keys at the top of a Compose file; services are read after the rest. */
export const fileTable: KeyTable<ComposeDraft> = {
  name: {
    becomes: "the id of a package that is made from a Compose file alone",
    read: (place, draft) => {
      const name = textOf(place);
      if (name !== undefined) draft.name = name;
    },
  },
  version: { becomes: "nothing: the specification calls it obsolete and informative", read: () => undefined },
  volumes: { becomes: "volumes of the app, each an empty mapping here", read: readVolumes },
  configs: { becomes: "files, by `file` or `content`, for the configs of services", read: readConfigs },
  secrets: {
    becomes: "secret settings; a `file` or variable that is named here is not read",
    read: readSecrets,
  },
  services: {
    becomes: "components",
    read: (place, draft) => {
      for (const [name, member] of mapOf(place) ?? []) draft.services.set(name, member.value);
    },
  },
  include: { refused: "one file says all; write the services out" },
  networks: { refused: "there is one network, and the gateway is the door to it" },
  models: { refused: "write a requirement, or a setting that holds an address" },
};

function readVolumes(place: Place, draft: ComposeDraft): void {
  const used = new Map<string, string>();
  for (const [name, member] of mapOf(place) ?? []) {
    if (member.value !== null)
      for (const [key, one] of mapOf(member) ?? [])
        if (!key.startsWith("x-"))
          one.wrong(
            "not supported: a volume has no options here; an existing one is given by `requires` of the package",
          );
    const made = resourceName(member, name);
    if (made === undefined) continue;
    if (used.has(made)) member.wrong(`it has the same name as '${used.get(made) ?? ""}' here`);
    used.set(made, name);
    draft.volumes.set(name, made);
  }
}

function readConfigs(place: Place, draft: ComposeDraft): void {
  for (const [name, member] of mapOf(place) ?? []) {
    const members = new Map(mapOf(member) ?? []);
    for (const [key, one] of members)
      if (key !== "file" && key !== "content")
        one.wrong("not supported: a config has a `file` of the package or its `content`");
    const file = members.get("file");
    const content = members.get("content");
    if ((file === undefined) === (content === undefined))
      member.wrong("a config has either a `file` or its `content`");
    else if (content !== undefined) draft.configs.set(name, { text: textOf(content) ?? "" });
    else if (file !== undefined) {
      const from = insidePath(file, textOf(file) ?? "");
      if (from !== undefined) draft.configs.set(name, { from });
    }
  }
}

function readSecrets(place: Place, draft: ComposeDraft): void {
  for (const [name, member] of mapOf(place) ?? []) {
    for (const [key] of mapOf(member) ?? [])
      if (key === "file" || key === "environment")
        draft.notes.push(`${member.path}: it is not read; its value is asked for when the app is installed`);
    draft.secrets.add(name);
  }
}
