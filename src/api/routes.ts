import { z } from "zod";
import type { Access } from "#api/access.ts";
import * as accounts from "#api/accounts.ts";
import { nameSchema, userNameSchema } from "#api/names.ts";
import { auditEntrySchema, changeSchema, eventSchema, operationSchema } from "#api/records.ts";
import type { Method, Route } from "#api/route.ts";
import { machineProcessSchema, machineSampleSchema, systemSchema, versionSchema } from "#api/system.ts";

const nothing = z.strictObject({});
const owner: Access = { rule: "owner" };
const signedIn: Access = { rule: "signed-in" };
const filtered: Access = { rule: "filtered" };

export const maxPageSize = 500;
export const pageLimit = z.coerce.number().int().min(1).max(maxPageSize).default(100);

const idParam = (name: string) => z.strictObject({ [name]: z.string().min(1).max(100) } as const);
const list = <T extends z.ZodType>(items: T) => z.strictObject({ items: z.array(items) });

/** Fills what most routes share; every field given wins. */
function route<
  P extends z.ZodType = typeof nothing,
  Q extends z.ZodType = typeof nothing,
  B extends z.ZodType = typeof nothing,
  A extends z.ZodType = typeof nothing,
>(given: {
  id: string;
  method: Method;
  path: string;
  access: Access;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  answer?: A;
  answers?: Route["answers"];
  status?: number;
  signIn?: boolean;
  errors?: Route["errors"];
}): Route<P, Q, B, A> {
  const answers = given.answers ?? (given.answer === undefined ? "none" : "json");
  return {
    tag: given.id.split(".")[0] ?? "",
    status: answers === "none" ? 204 : 200,
    signIn: false,
    errors: [],
    ...given,
    answers,
    // Where no schema is given, the type parameter is `typeof nothing` by its default.
    params: given.params ?? (nothing as unknown as P), // see above
    query: given.query ?? (nothing as unknown as Q), // see above
    body: given.body ?? (nothing as unknown as B), // see above
    answer: given.answer ?? (nothing as unknown as A), // see above
    bodyType: given.body === undefined ? "none" : "application/json",
  };
}

const publicSignIn: Access = { rule: "public", why: "it is how callers sign in" };
const publicProbe: Access = {
  rule: "public",
  why: "probes and clients ask before they sign in; it tells nothing of what is inside",
};

const auth = {
  "auth.methods": route({
    id: "auth.methods",
    method: "GET",
    path: "/v1/auth/methods",
    access: publicSignIn,
    summary: "Ways to sign in",
    answer: accounts.signInMethodsSchema,
  }),
  "auth.link": route({
    id: "auth.link",
    method: "POST",
    path: "/v1/auth/link",
    access: publicSignIn,
    signIn: true,
    summary: "Sign in with a one-time link; sets the session cookie",
    body: accounts.linkSignInSchema,
    answer: accounts.meSchema,
    errors: ["sign-in-failed", "too-many-requests"],
  }),
  "auth.password": route({
    id: "auth.password",
    method: "POST",
    path: "/v1/auth/password",
    access: publicSignIn,
    signIn: true,
    summary: "Sign in with a password; sets the session cookie",
    body: accounts.passwordSignInSchema,
    answer: accounts.meSchema,
    errors: ["sign-in-failed", "too-many-requests"],
  }),
  "auth.token": route({
    id: "auth.token",
    method: "POST",
    path: "/v1/auth/token",
    access: publicSignIn,
    signIn: true,
    summary: "Sign in and get an API token instead of a cookie",
    body: accounts.tokenSignInSchema,
    answer: accounts.createdTokenSchema,
    errors: ["sign-in-failed", "too-many-requests"],
  }),
  "auth.oidc-start": route({
    id: "auth.oidc-start",
    method: "GET",
    path: "/v1/auth/oidc/{provider}/start",
    access: publicSignIn,
    signIn: true,
    summary: "Begin an OpenID Connect sign-in",
    params: z.strictObject({ provider: nameSchema }),
    query: z.strictObject({ returnTo: z.string().max(500).default("/") }),
    answers: "redirect",
    status: 302,
    errors: ["not-found"],
  }),
  "auth.oidc-callback": route({
    id: "auth.oidc-callback",
    method: "GET",
    path: "/v1/auth/oidc/{provider}/callback",
    access: publicSignIn,
    signIn: true,
    summary: "End of an OpenID Connect sign-in",
    params: z.strictObject({ provider: nameSchema }),
    query: z.record(z.string().max(100), z.string().max(4000)),
    answers: "redirect",
    status: 302,
    errors: ["sign-in-failed"],
  }),
  "auth.me": route({
    id: "auth.me",
    method: "GET",
    path: "/v1/auth/me",
    access: signedIn,
    summary: "Who the caller is and what it may do",
    answer: accounts.meSchema,
  }),
  "auth.sign-out": route({
    id: "auth.sign-out",
    method: "POST",
    path: "/v1/auth/sign-out",
    access: signedIn,
    summary: "End this session (or revoke this token)",
  }),
  "auth.change-password": route({
    id: "auth.change-password",
    method: "POST",
    path: "/v1/auth/change-password",
    access: signedIn,
    signIn: true,
    summary: "Set your own password; other sessions end",
    body: accounts.passwordChangeSchema,
    errors: ["sign-in-failed"],
  }),
  "session.list": route({
    id: "session.list",
    method: "GET",
    path: "/v1/sessions",
    access: signedIn,
    summary: "Your own sessions",
    answer: list(accounts.sessionSchema),
  }),
  "session.delete": route({
    id: "session.delete",
    method: "DELETE",
    path: "/v1/sessions/{session}",
    access: signedIn,
    summary: "End one of your own sessions",
    params: idParam("session"),
    errors: ["not-found"],
  }),
};

const userParam = z.strictObject({ user: userNameSchema });

const users = {
  "user.list": route({
    id: "user.list",
    method: "GET",
    path: "/v1/users",
    access: owner,
    summary: "All users",
    answer: list(accounts.userSchema),
  }),
  "user.create": route({
    id: "user.create",
    method: "POST",
    path: "/v1/users",
    access: owner,
    summary: "Create a user; give them a sign-in link next",
    body: accounts.newUserSchema,
    answer: accounts.userSchema,
    status: 201,
    errors: ["already-exists"],
  }),
  "user.get": route({
    id: "user.get",
    method: "GET",
    path: "/v1/users/{user}",
    access: owner,
    summary: "One user",
    params: userParam,
    answer: accounts.userSchema,
    errors: ["not-found"],
  }),
  "user.change": route({
    id: "user.change",
    method: "PATCH",
    path: "/v1/users/{user}",
    access: owner,
    summary: "Change, disable or promote a user",
    params: userParam,
    body: accounts.userChangeSchema,
    answer: accounts.userSchema,
    errors: ["not-found", "conflict"],
  }),
  "user.delete": route({
    id: "user.delete",
    method: "DELETE",
    path: "/v1/users/{user}",
    access: owner,
    summary: "Delete a user for good; the name is never given again",
    params: userParam,
    errors: ["not-found", "conflict"],
  }),
  "user.link": route({
    id: "user.link",
    method: "POST",
    path: "/v1/users/{user}/link",
    access: owner,
    summary: "Make a one-time sign-in link",
    params: userParam,
    answer: accounts.signInLinkSchema,
    status: 201,
    errors: ["not-found"],
  }),
  "token.list": route({
    id: "token.list",
    method: "GET",
    path: "/v1/tokens",
    access: signedIn,
    summary: "Your own API tokens; all of them for an owner who asks",
    query: z.strictObject({ all: z.stringbool().default(false) }),
    answer: list(accounts.tokenSchema),
  }),
  "token.create": route({
    id: "token.create",
    method: "POST",
    path: "/v1/tokens",
    access: signedIn,
    summary: "Create an API token of your own; the secret is shown once",
    body: accounts.newTokenSchema,
    answer: accounts.createdTokenSchema,
    status: 201,
    errors: ["forbidden", "conflict"],
  }),
  "token.revoke": route({
    id: "token.revoke",
    method: "DELETE",
    path: "/v1/tokens/{token}",
    access: signedIn,
    summary: "Revoke a token: your own, or any as an owner",
    params: idParam("token"),
    errors: ["not-found"],
  }),
};

const records = {
  watch: route({
    id: "watch",
    method: "GET",
    path: "/v1/watch",
    access: filtered,
    summary:
      "Changes as server-sent events: `change`, `bookmark` and `compacted`; resumes after Last-Event-ID",
    query: z.strictObject({
      kind: z
        .string()
        .max(1000)
        .optional()
        .describe("Kinds, separated by commas; `event` and `operation` among them. All when absent"),
      project: nameSchema.optional(),
      name: nameSchema.optional(),
      since: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .describe("Revision after which to begin; now when absent"),
    }),
    answer: changeSchema,
    answers: "events",
    errors: ["compacted"],
  }),
  "event.list": route({
    id: "event.list",
    method: "GET",
    path: "/v1/events",
    access: filtered,
    summary: "What happened, newest first",
    query: z.strictObject({
      project: nameSchema.optional(),
      kind: nameSchema.optional(),
      name: z.string().max(63).optional(),
      before: z.coerce.number().int().min(1).optional(),
      limit: pageLimit,
    }),
    answer: list(eventSchema),
  }),
  "operation.list": route({
    id: "operation.list",
    method: "GET",
    path: "/v1/operations",
    access: filtered,
    summary: "Running and finished operations, newest first",
    query: z.strictObject({
      project: nameSchema.optional(),
      state: z.enum(["running", "cancelling", "succeeded", "failed", "cancelled"]).optional(),
      before: z.string().max(100).optional(),
      limit: pageLimit,
    }),
    answer: list(operationSchema),
  }),
  "operation.get": route({
    id: "operation.get",
    method: "GET",
    path: "/v1/operations/{operation}",
    access: filtered,
    summary: "One operation",
    params: idParam("operation"),
    answer: operationSchema,
    errors: ["not-found"],
  }),
  "operation.cancel": route({
    id: "operation.cancel",
    method: "POST",
    path: "/v1/operations/{operation}/cancel",
    access: filtered,
    summary: "Ask a running operation to stop: whoever began it, an operator of its project, or an owner",
    params: idParam("operation"),
    answer: operationSchema,
    errors: ["not-found", "forbidden", "conflict"],
  }),
  "audit.list": route({
    id: "audit.list",
    method: "GET",
    path: "/v1/audit",
    access: owner,
    summary: "The audit chain, newest first",
    query: z.strictObject({
      project: nameSchema.optional(),
      before: z.coerce.number().int().min(1).optional(),
      limit: pageLimit,
    }),
    answer: list(auditEntrySchema),
  }),
  "audit.verify": route({
    id: "audit.verify",
    method: "POST",
    path: "/v1/audit/verify",
    access: owner,
    summary: "Walk the whole audit chain and check every hash",
    answer: operationSchema,
    status: 202,
  }),
};

const machineParam = z.strictObject({ name: nameSchema });

const center = {
  "system.version": route({
    id: "system.version",
    method: "GET",
    path: "/v1/version",
    access: publicProbe,
    summary: "Version of the server",
    answer: versionSchema,
  }),
  "system.openapi": route({
    id: "system.openapi",
    method: "GET",
    path: "/v1/openapi.json",
    access: publicProbe,
    summary: "This document",
    answer: z.record(z.string(), z.json()),
  }),
  "system.health": route({
    id: "system.health",
    method: "GET",
    path: "/healthz",
    access: publicProbe,
    summary: "The process is alive",
    answers: "text",
    answer: z.string(),
  }),
  "system.ready": route({
    id: "system.ready",
    method: "GET",
    path: "/readyz",
    access: publicProbe,
    summary: "It can serve: the store answers",
    answers: "text",
    answer: z.string(),
    errors: ["unavailable"],
  }),
  "system.metrics": route({
    id: "system.metrics",
    method: "GET",
    path: "/metrics",
    access: owner,
    summary: "Prometheus metrics (scrape with a token)",
    answers: "text",
    answer: z.string(),
  }),
  "system.get": route({
    id: "system.get",
    method: "GET",
    path: "/v1/system",
    access: owner,
    summary: "Parts, leases, reconcilers and the store's numbers",
    answer: systemSchema,
  }),
  "system.restart-part": route({
    id: "system.restart-part",
    method: "POST",
    path: "/v1/system/parts/{part}/restart",
    access: owner,
    summary: "Restart one part",
    params: z.strictObject({ part: nameSchema }),
    status: 202,
    errors: ["not-found", "unavailable"],
  }),
  "machine.samples": route({
    id: "machine.samples",
    method: "GET",
    path: "/v1/machines/{name}/samples",
    access: owner,
    summary: "The last ten minutes, a sample a second",
    params: machineParam,
    answer: list(machineSampleSchema),
    errors: ["not-found"],
  }),
  "machine.stream": route({
    id: "machine.stream",
    method: "GET",
    path: "/v1/machines/{name}/samples/stream",
    access: owner,
    summary: "Samples as they are taken, as server-sent events named `sample`",
    params: machineParam,
    answer: machineSampleSchema,
    answers: "events",
    errors: ["not-found"],
  }),
  "machine.processes": route({
    id: "machine.processes",
    method: "GET",
    path: "/v1/machines/{name}/processes",
    access: owner,
    summary: "The processes that use most",
    params: machineParam,
    query: z.strictObject({ sort: z.enum(["cpu", "memory"]).default("cpu"), limit: pageLimit }),
    answer: list(machineProcessSchema),
    errors: ["not-found"],
  }),
  "machine.probe": route({
    id: "machine.probe",
    method: "POST",
    path: "/v1/machines/{name}/probe",
    access: owner,
    summary: "Look again at what the machine has",
    params: machineParam,
    answer: operationSchema,
    status: 202,
    errors: ["not-found"],
  }),
};

/** Every route that is not made from a kind. */
export const fixedRoutes = { ...auth, ...users, ...records, ...center };
export type FixedRoutes = typeof fixedRoutes;
export type FixedRouteId = keyof FixedRoutes;
