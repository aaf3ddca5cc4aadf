import type { AppSpec } from "#api/kinds/app.ts";
import type { Component } from "#api/manifest.ts";
import { ownMember } from "#lib/json.ts";
import { volumeName } from "../names.ts";

export interface MountedVolume {
  /** Name that the component gives it. */
  readonly mount: string;
  /** Name of the volume resource. */
  readonly volume: string;
  readonly path: string;
  readonly readOnly: boolean;
}

/** The volumes of a component: those that the user chose for its requirements, else ones that are called after the app. */
export function mountedVolumes(app: string, spec: AppSpec, component: Component): readonly MountedVolume[] {
  return component.volumes.map(({ name, path, readOnly }) => ({
    mount: name,
    volume: ownMember(spec.requires, name)?.use ?? volumeName(app, name),
    path,
    readOnly,
  }));
}
