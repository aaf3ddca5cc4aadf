import { z } from "zod";
import {
  appPlanRequestSchema,
  appPlanSchema,
  engineSchema,
  execServerMessageSchema,
  instanceUsageSchema,
  liveRequestSchema,
  logEntrySchema,
  trafficSampleSchema,
} from "#api/apps.ts";
import type { Access } from "#api/access.ts";
import { appSpecSchema, appStatusSchema } from "#api/kinds/app.ts";
import { packageSpecSchema, packageStatusSchema } from "#api/kinds/package.ts";
import { nameSchema } from "#api/names.ts";
import { operationSchema } from "#api/records.ts";
import { resourceSchema } from "#api/resource.ts";
import { list, owner, route, signedIn } from "./define-route.ts";

const viewer: Access = { rule: "project", role: "viewer", param: "project" };
const operator: Access = { rule: "project", role: "operator", param: "project" };
const admin: Access = { rule: "project", role: "admin", param: "project" };

const inProject = z.strictObject({ project: nameSchema, name: nameSchema });
const tail = z.coerce.number().int().min(0).max(10_000).default(200);
const flag = z.enum(["true", "false"]).default("false");

export const appRoutes = {
  "package.upload": route({
    id: "package.upload",
    method: "POST",
    path: "/v1/projects/{project}/packages/upload",
    access: admin,
    summary: "Verify a package archive and add it to the project's catalogue",
    params: z.strictObject({ project: nameSchema }),
    bodyType: "application/octet-stream",
    answer: resourceSchema(packageSpecSchema, packageStatusSchema),
    status: 201,
    errors: ["invalid", "too-large", "forbidden", "quota-exceeded"],
  }),
  "package.blob": route({
    id: "package.blob",
    method: "GET",
    path: "/v1/projects/{project}/packages/{name}/blobs/{digest}",
    access: viewer,
    summary: "A file that a package shows: icon, screenshot, licence, SBOM",
    params: inProject.extend({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
    answers: "bytes",
    errors: ["not-found"],
  }),
  "engine.list": route({
    id: "engine.list",
    method: "GET",
    path: "/v1/engines",
    access: signedIn,
    summary: "What can run instances here, and how well it separates them",
    answer: list(engineSchema),
  }),
  "app.plan": route({
    id: "app.plan",
    method: "POST",
    path: "/v1/projects/{project}/apps/{name}/plan",
    access: viewer,
    summary: "What applying this spec would do; changes nothing",
    params: inProject,
    body: appPlanRequestSchema,
    answer: appPlanSchema,
    errors: ["invalid", "not-found"],
  }),
  "app.rollback": route({
    id: "app.rollback",
    method: "POST",
    path: "/v1/projects/{project}/apps/{name}/rollback",
    access: operator,
    summary: "Make a new release with the contents of an earlier one; the last good one when none is named",
    params: inProject,
    body: z.strictObject({ to: z.int().min(1).optional() }),
    answer: resourceSchema(appSpecSchema, appStatusSchema),
    errors: ["not-found", "conflict"],
  }),
  "app.restart": route({
    id: "app.restart",
    method: "POST",
    path: "/v1/projects/{project}/apps/{name}/restart",
    access: operator,
    summary: "Replace all instances one after the other, without a new release",
    params: inProject,
    body: z.strictObject({ component: nameSchema.optional() }),
    answer: operationSchema,
    status: 202,
    errors: ["not-found", "conflict"],
  }),
  "app.backup": route({
    id: "app.backup",
    method: "POST",
    path: "/v1/projects/{project}/apps/{name}/backup",
    access: operator,
    summary: "Run the backup hook and keep a copy of the backup set",
    params: inProject,
    answer: operationSchema,
    status: 202,
    errors: ["not-found", "unsupported"],
  }),
  "app.restore": route({
    id: "app.restore",
    method: "POST",
    path: "/v1/projects/{project}/apps/{name}/restore",
    access: admin,
    summary: "Put a kept copy of the backup set back; what was there is kept as a copy first",
    params: inProject,
    body: z.strictObject({ backup: z.string().max(100) }),
    answer: operationSchema,
    status: 202,
    errors: ["not-found", "conflict"],
  }),
  "app.backups": route({
    id: "app.backups",
    method: "GET",
    path: "/v1/projects/{project}/apps/{name}/backups",
    access: viewer,
    summary: "Kept copies, newest first",
    params: inProject,
    answer: list(
      z.strictObject({ id: z.string(), at: z.iso.datetime(), sizeBytes: z.int(), release: z.int() }),
    ),
    errors: ["not-found"],
  }),
  "app.logs": route({
    id: "app.logs",
    method: "GET",
    path: "/v1/projects/{project}/apps/{name}/logs",
    access: viewer,
    summary:
      "Lines of all its instances, oldest first, as server-sent events named `line`; then `end`, unless followed",
    params: inProject,
    query: z.strictObject({
      component: nameSchema.optional(),
      instance: nameSchema.optional(),
      tail,
      follow: flag,
      search: z.string().max(200).optional().describe("Only lines that contain this, whatever the case"),
    }),
    answer: logEntrySchema,
    answers: "events",
    errors: ["not-found"],
  }),
  "app.top": route({
    id: "app.top",
    method: "GET",
    path: "/v1/projects/{project}/apps/{name}/top",
    access: viewer,
    summary: "What each instance uses now",
    params: inProject,
    answer: list(instanceUsageSchema),
    errors: ["not-found"],
  }),
  "app.traffic": route({
    id: "app.traffic",
    method: "GET",
    path: "/v1/projects/{project}/apps/{name}/traffic",
    access: viewer,
    summary: "Its traffic, a sample a second, as server-sent events named `sample`; the last minute first",
    params: inProject,
    answer: trafficSampleSchema,
    answers: "events",
    errors: ["not-found"],
  }),
  "app.requests": route({
    id: "app.requests",
    method: "GET",
    path: "/v1/projects/{project}/apps/{name}/requests",
    access: viewer,
    summary: "Requests as they end, as server-sent events named `request`; at most 50 a second are shown",
    params: inProject,
    answer: liveRequestSchema,
    answers: "events",
    errors: ["not-found"],
  }),
  "instance.exec": route({
    id: "instance.exec",
    method: "GET",
    path: "/v1/projects/{project}/instances/{name}/exec",
    access: operator,
    summary: "Run a command in an instance's sandbox over a WebSocket",
    params: inProject,
    query: z.strictObject({
      command: z.string().max(16_384).describe("JSON array of the program and its arguments"),
      terminal: flag,
      columns: z.coerce.number().int().min(1).max(1000).default(80),
      rows: z.coerce.number().int().min(1).max(1000).default(24),
    }),
    answer: execServerMessageSchema,
    answers: "websocket",
    errors: ["not-found", "conflict", "unsupported"],
  }),
  "secret.set": route({
    id: "secret.set",
    method: "PUT",
    path: "/v1/projects/{project}/secrets/{name}/value",
    access: operator,
    summary: "Give a secret a new value; makes the secret when it is not there",
    params: inProject,
    body: z.strictObject({ value: z.string().min(1).max(65_536) }),
    answer: z.strictObject({ version: z.int() }),
    errors: ["quota-exceeded"],
  }),
  "gateway.list": route({
    id: "gateway.list",
    method: "GET",
    path: "/v1/gateways",
    access: owner,
    summary: "The gateway processes: their connections, listeners and the snapshot that they serve from",
    answer: list(
      z
        .strictObject({
          name: z.string(),
          pid: z.int(),
          startedAt: z.iso.datetime(),
          snapshotVersion: z.int(),
          snapshotError: z.string().optional(),
          draining: z.boolean(),
          connections: z.int(),
          listeners: z.array(z.strictObject({ address: z.string(), port: z.int(), tls: z.boolean() })),
        })
        .meta({ id: "Gateway" }),
    ),
  }),
};
