import type { z } from "zod";
import { errorTable, type ErrorCode } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { KindRegistry } from "#api/kinds.ts";
import { problemSchema } from "#api/problem.ts";
import { allResourceRoutes } from "#api/resource-routes.ts";
import type { Route } from "#api/route.ts";
import { fixedRoutes } from "#api/routes.ts";
import type { JsonObject } from "#lib/json.ts";
import { SchemaCollector } from "./schemas.ts";

export type OpenApiDocument = z.output<(typeof fixedRoutes)["system.openapi"]["answer"]>;

/** Errors that any route may answer, besides its own. */
const commonErrors: readonly ErrorCode[] = [
  "bad-request",
  "invalid",
  "misdirected",
  "too-many-requests",
  "busy",
  "unavailable",
  "fault",
];

interface Documented {
  readonly route: Route;
  readonly kind?: KindDefinition;
}

/** The OpenAPI 3.1 document of the whole contract: made from the routes, never written by hand. */
export function openApiDocument(kinds: KindRegistry): OpenApiDocument {
  const schemas = new SchemaCollector();
  const problem = { ...schemas.of(problemSchema, "output"), title: "Problem" };
  const routes: readonly Documented[] = [
    ...Object.values(fixedRoutes).map((route) => ({ route })),
    ...allResourceRoutes(kinds).map(({ route, kind }) => ({ route, kind })),
  ];
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const documented of routes) {
    const { path, method } = documented.route;
    (paths[path] ??= {})[method.toLowerCase()] = operation(documented, schemas);
  }
  const document: JsonObject = {
    openapi: "3.1.0",
    info: {
      title: "VDC",
      version: "v1",
      summary: "The public API of a virtual data center",
      description:
        "Everything that the console and the command line do, they do by this API. Errors are problem documents (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "Wherever this document came from" }],
    tags: tagsOf(routes),
    paths,
    components: {
      schemas: { ...schemas.components(), Problem: problem },
      securitySchemes: {
        session: {
          type: "apiKey",
          in: "cookie",
          name: "vdc-session",
          description: "Set by signing in; `__Host-vdc-session` under TLS",
        },
        token: { type: "http", scheme: "bearer", description: "An API token" },
      },
    },
  };
  // Through text: what is served and what is committed are the same, with nothing undefined in it.
  return JSON.parse(JSON.stringify(document)) as OpenApiDocument; // it was an object
}

function operation({ route, kind }: Documented, schemas: SchemaCollector): JsonObject {
  const isPublic = route.access.rule === "public";
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.tag],
    "x-vdc-access": route.access,
    ...(isPublic ? { security: [] } : { security: [{ session: [] }, { token: [] }] }),
    parameters: [
      ...parameters(schemas.of(route.params, "input"), "path"),
      ...parameters(schemas.of(route.query, "input"), "query"),
      ...headerParameters(route, kind),
    ],
    ...(route.bodyType === "none" ? {} : { requestBody: requestBody(route, kind, schemas) }),
    responses: { ...success(route, schemas), ...problems(route) },
  };
}

function parameters(schema: JsonObject, place: "path" | "query"): JsonObject[] {
  // The shape that zod prints for an object.
  const { properties, required = [] } = schema as {
    properties?: Record<string, JsonObject>;
    required?: readonly string[];
  };
  return Object.entries(properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function headerParameters(route: Route, kind: KindDefinition | undefined): JsonObject[] {
  const text = (name: string, description: string) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  });
  if (route.id === "watch") return [text("Last-Event-ID", "Resume after this revision; wins over `since`")];
  if (kind === undefined) return [];
  if (route.method === "GET")
    return route.id.endsWith(".get") ? [text("If-None-Match", "304 when this is still the ETag")] : [];
  const match = text("If-Match", "Only when this is still the ETag");
  return route.method === "PUT"
    ? [match, text("If-None-Match", "`*`: only when there is none yet")]
    : [match];
}

function requestBody(route: Route, kind: KindDefinition | undefined, schemas: SchemaCollector): JsonObject {
  const isApply = kind !== undefined && route.method === "PUT";
  const example = isApply ? { example: { spec: kind.example.spec } } : {};
  if (route.bodyType === "application/octet-stream")
    return {
      required: true,
      content: { [route.bodyType]: { schema: { type: "string", format: "binary" } } },
    };
  return {
    required: true,
    content: { [route.bodyType]: { schema: schemas.of(route.body, "input"), ...example } },
  };
}

const mediaTypes = { json: "application/json", text: "text/plain", events: "text/event-stream" } as const;

function success(route: Route, schemas: SchemaCollector): JsonObject {
  const { answers } = route;
  if (answers === "none") return { [route.status]: { description: "Done" } };
  if (answers === "redirect") {
    const location = { required: true, schema: { type: "string" } };
    return { [route.status]: { description: "To the next page", headers: { Location: location } } };
  }
  if (answers === "bytes") {
    const content = { "*/*": { schema: { type: "string", format: "binary" } } };
    return { [route.status]: { description: "The file", content } };
  }
  if (answers === "websocket") {
    // OpenAPI has no word for a socket's messages: the schema is what the server's text messages are.
    const messages = schemas.of(route.answer, "output");
    return {
      101: { description: "A WebSocket (RFC 6455)", "x-vdc-messages": messages },
    };
  }
  const description = answers === "events" ? "Events whose `data` fits this schema" : "Done";
  const content = { [mediaTypes[answers]]: { schema: schemas.of(route.answer, "output") } };
  return { [route.status]: { description, content } };
}

function problems(route: Route): JsonObject {
  const codes = new Set<ErrorCode>([...route.errors, ...commonErrors]);
  if (route.access.rule !== "public") codes.add("unauthenticated");
  if (route.access.rule === "owner" || route.access.rule === "project") codes.add("forbidden");
  if (route.access.rule === "project") codes.add("not-found");
  if (route.bodyType !== "none")
    for (const code of ["too-large", "unsupported-media-type"] as const) codes.add(code);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes].toSorted()) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, some]) => [
        String(status),
        { description: some.map((code) => `\`${code}\`: ${errorTable[code].title}`).join("; "), content },
      ]),
  );
}

function tagsOf(routes: readonly Documented[]): JsonObject[] {
  const tags = new Map<string, string | undefined>();
  for (const { route, kind } of routes) tags.set(route.tag, kind?.description ?? tags.get(route.tag));
  return [...tags].map(([name, description]) => ({
    name,
    ...(description === undefined ? {} : { description }),
  }));
}
