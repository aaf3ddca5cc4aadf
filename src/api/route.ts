import type { z } from "zod";
import type { Access } from "#api/access.ts";
import type { ErrorCode } from "#api/errors.ts";

export type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

/**
 * One route of the public API: the server registers nothing that is not such an object, and the client, the
 * OpenAPI document and the access test are made from the same ones.
 */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly id: string;
  readonly method: Method;
  /** RFC 6570 level 1: `/v1/projects/{name}`. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly tag: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly answer: Answer;
  /**
   * `events`: server-sent events whose `data` fits `answer`. `none`: no body. `redirect`: 302. `bytes`: a file with its
   * own media type. `websocket`: an upgrade (RFC 6455); `answer` describes the text messages that the server sends.
   */
  readonly answers: "json" | "events" | "text" | "none" | "redirect" | "bytes" | "websocket";
  readonly status: number;
  /**
   * `application/merge-patch+json` for PATCH of resources; `application/octet-stream` for files, which the handler reads
   * as they come; JSON otherwise.
   */
  readonly bodyType:
    | "application/json"
    | "application/merge-patch+json"
    | "application/octet-stream"
    | "none";
  /** Strict limits for addresses and names that guess. */
  readonly signIn: boolean;
  readonly errors: readonly ErrorCode[];
}

export type RouteParams<R extends Route> = z.output<R["params"]>;
export type RouteQuery<R extends Route> = z.output<R["query"]>;
export type RouteBody<R extends Route> = z.output<R["body"]>;
export type RouteAnswer<R extends Route> = z.output<R["answer"]>;
