import { appSpecSchema, type AppStatus } from "#api/kinds/app.ts";
import { certificateSpecSchema, type CertificateStatus } from "#api/kinds/certificate.ts";
import { instanceSpecSchema, type InstanceStatus } from "#api/kinds/instance.ts";
import { routeSpecSchema } from "#api/kinds/route.ts";
import type { OwnerRef } from "#api/resource.ts";
import type { JsonObject } from "#lib/json.ts";
import type { App, Certificate, Instance, Route, TrafficPlace } from "#traffic/plan/facts.ts";

interface Named {
  readonly project?: string;
  readonly name: string;
  /** Seconds after the start of 2026 at which it was made; 0 when absent. */
  readonly age?: number;
}

/** Resources of traffic as the store would hold them, for tests of planners. */
export function routeFact(named: Named, spec: JsonObject): Route {
  return { ...base("route", named), spec: routeSpecSchema.parse(spec), status: {} };
}

export function appFact(named: Named, status: AppStatus = {}, spec: JsonObject = {}): App {
  return { ...base("app", named), spec: appSpecSchema.parse({ package: "p", ...spec }), status };
}

export function instanceFact(named: Named, spec: JsonObject, status: InstanceStatus): Instance {
  const whole = { app: "news", component: "web", release: 1, engine: "process", machine: "here", ...spec };
  return { ...base("instance", named), spec: instanceSpecSchema.parse(whole), status };
}

export function certificateFact(named: Named, spec: JsonObject, status: CertificateStatus): Certificate {
  const whole = { issuer: { selfSigned: {} }, ...spec };
  return { ...base("certificate", named), spec: certificateSpecSchema.parse(whole), status };
}

export const placeFact: TrafficPlace = {
  domain: "localhost",
  urls: (host, path) => [`https://${host}:8443${path}`, `http://${host}:8080${path}`],
};

function base(kind: string, { project = "default", name, age = 0 }: Named) {
  const at = new Date(Date.UTC(2026, 0, 1) + age * 1000).toISOString();
  const id = `res_${kind}_${project}_${name}` as OwnerRef["id"]; // readable in a failed comparison
  return { kind, project, name, id, generation: 1, revision: 1, labels: {}, createdAt: at, updatedAt: at };
}
