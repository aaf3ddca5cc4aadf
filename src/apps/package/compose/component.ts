import type { Component, Probe } from "#api/manifest.ts";
import type { Bind, LayerSource, ServiceDraft } from "./draft.ts";
import { runtimeOfCommand, runtimeOfImage } from "./images.ts";
import { isBelow } from "./inside-path.ts";
import type { Place } from "./problem.ts";

/** A component without its layer, and what the layer is made from. */
export interface ComponentPlan {
  readonly component: Component;
  readonly layer: readonly LayerSource[];
  /** Names under /run/secrets that settings have to give. */
  readonly secretFiles: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Where an engine shows the artifact. */
const artifactRoot = "/app";

/** Puts the keys of a service together. Undefined after it said what is wrong. */
export function toComponent(place: Place, draft: ServiceDraft): ComponentPlan | undefined {
  const ofImage = draft.image === undefined ? undefined : runtimeOfImage(draft.image);
  const needsImage = draft.image !== undefined && ofImage === undefined && draft.runtime === undefined;
  const command = [...(draft.entrypoint ?? []), ...(draft.command ?? [])];
  if (command.length === 0 && !needsImage) return place.wrong("it needs a command: no image says one");
  const root = mountOf(draft);
  const layer = draft.binds.flatMap((bind) => placed(bind, root, place) ?? []);
  if (draft.artifact !== undefined) layer.unshift({ from: draft.artifact, to: "" });
  const workingDirectory = movedPath(draft.workingDirectory ?? artifactRoot, root);
  if (!needsImage) checkMoved(place, root, command, draft.environment);
  const port = draft.port ?? draft.ports[0]?.port ?? 0;
  const listens = draft.listens ?? (draft.ports.length > 0 || draft.port !== undefined);
  const component: Component = {
    name: draft.name,
    engines: [...(draft.engines ?? (needsImage ? ["incus"] : ["process"]))],
    runtime: draft.runtime ?? ofImage ?? runtimeOfCommand(command[0] ?? ""),
    ...(needsImage && draft.image !== undefined ? { image: draft.image } : {}),
    command,
    workingDirectory,
    environment: sortedRecord(draft.environment),
    port,
    listens,
    volumes: draft.volumes,
    replicas: draft.replicas ?? 1,
    limits: draft.limits,
    health: healthOf(draft, listens),
    restart: draft.restart ?? "always",
    stopSignal: draft.stopSignal ?? "SIGTERM",
    stopGraceSeconds: draft.stopGraceSeconds ?? 10,
    dependsOn: draft.dependsOn,
  };
  return { component, layer, secretFiles: draft.secretFiles, labels: draft.labels };
}

/** The mount that stands for the artifact: the folder of x-vdc at /app, else the bind that holds the working directory. */
function mountOf(draft: ServiceDraft): string {
  if (draft.artifact !== undefined) return artifactRoot;
  const working = draft.workingDirectory;
  const holding = draft.binds
    .map(({ target }) => target)
    .filter((target) => working !== undefined && isBelow(working, target))
    .toSorted((a, b) => a.length - b.length)[0];
  if (holding !== undefined) return holding;
  const [first] = draft.binds;
  return first === undefined || draft.binds.some(({ target }) => isBelow(target, artifactRoot))
    ? artifactRoot
    : first.target;
}

function placed(bind: Bind, root: string, place: Place): LayerSource | undefined {
  const base = isBelow(bind.target, root)
    ? root
    : isBelow(bind.target, artifactRoot)
      ? artifactRoot
      : undefined;
  if (base === undefined) {
    place.problems.add(bind.path, `files of the package are seen below ${root}; this target is elsewhere`);
    return undefined;
  }
  return { ...bind.source, to: bind.target.slice(base.length).replace(/^\//, "") };
}

function movedPath(path: string, root: string): string {
  return isBelow(path, root)
    ? `${artifactRoot}${path.slice(root === "/" ? 0 : root.length)}`.replace(/\/$/, "")
    : path;
}

/** The artifact is at /app, so what names its place in the Compose file would look for it in vain. */
function checkMoved(
  place: Place,
  root: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): void {
  if (root === artifactRoot) return;
  const names = (text: string) => text === root || text.includes(`${root}/`);
  if (command.some(names))
    place.problems.add(
      `${place.path}.command`,
      `it names ${root}, but files are seen at /app here; mount them at /app`,
    );
  for (const [name, value] of Object.entries(environment))
    if (names(value))
      place.problems.add(
        `${place.path}.environment.${name}`,
        `it names ${root}, but files are seen at /app here; mount them at /app`,
      );
}

/** A start is probed often, so that an instance gets requests as soon as it can take them. */
const startIntervalSeconds = 0.2;

function healthOf(draft: ServiceDraft, listens: boolean): Component["health"] {
  const checked: Probe | undefined =
    draft.healthcheck === undefined ? undefined : { ...defaultProbe, ...draft.healthcheck };
  const fallback: Probe | undefined = listens ? { ...defaultProbe, tcp: {} } : undefined;
  const readiness = draft.probes.readiness ?? checked ?? fallback;
  const liveness = draft.probes.liveness ?? checked;
  const often = readiness === checked ? (draft.startIntervalSeconds ?? 1) : startIntervalSeconds;
  const startup =
    draft.probes.startup ?? (readiness === undefined ? undefined : { ...readiness, intervalSeconds: often });
  return {
    ...(startup === undefined ? {} : { startup }),
    ...(readiness === undefined ? {} : { readiness }),
    ...(liveness === undefined ? {} : { liveness }),
  };
}

const defaultProbe = { intervalSeconds: 5, timeoutSeconds: 2, failures: 3, startSeconds: 60 };

function sortedRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
