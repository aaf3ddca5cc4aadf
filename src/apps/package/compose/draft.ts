import type { Component, Probe } from "#api/manifest.ts";
import type { Json } from "#lib/json.ts";

/** What is put into a component's layer: files of the package's folder, or a text that the Compose file holds. */
export type LayerSource =
  | { readonly from: string; readonly to: string }
  | { readonly text: string; readonly to: string };

/** A service while its keys are read. */
export interface ServiceDraft {
  readonly name: string;
  readonly file: ComposeDraft;
  image?: string;
  runtime?: Component["runtime"];
  engines?: readonly string[];
  entrypoint?: readonly string[];
  command?: readonly string[];
  workingDirectory?: string;
  readonly environment: Record<string, string>;
  readonly ports: { readonly port: number; readonly path: string }[];
  port?: number;
  listens?: boolean;
  artifact?: string;
  readonly binds: Bind[];
  readonly volumes: Component["volumes"];
  readonly secretFiles: string[];
  replicas?: number;
  readonly limits: Component["limits"];
  healthcheck?: Partial<Probe>;
  startIntervalSeconds?: number;
  readonly probes: { startup?: Probe; readiness?: Probe; liveness?: Probe };
  restart?: Component["restart"];
  stopSignal?: string;
  stopGraceSeconds?: number;
  readonly dependsOn: Component["dependsOn"];
  readonly labels: Record<string, string>;
}

/** Files of the package that the service wants to see at an absolute path. */
export interface Bind {
  readonly source: { readonly from: string } | { readonly text: string };
  readonly target: string;
  /** Of the Compose file, for messages. */
  readonly path: string;
}

/** The whole file while it is read. */
export interface ComposeDraft {
  name?: string;
  readonly volumes: Map<string, string>;
  readonly configs: Map<string, { readonly from: string } | { readonly text: string }>;
  readonly secrets: Set<string>;
  readonly services: Map<string, Json>;
  /** What its author should know: nothing here stops the build. */
  readonly notes: string[];
  /** A text file of the package; undefined when there is none. */
  readonly readText: (path: string) => Promise<string | undefined>;
}
