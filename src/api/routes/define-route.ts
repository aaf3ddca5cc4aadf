import { z } from "zod";
import type { Access } from "#api/access.ts";
import type { Method, Route } from "#api/route.ts";

const nothing = z.strictObject({});
export const owner: Access = { rule: "owner" };
export const signedIn: Access = { rule: "signed-in" };
export const filtered: Access = { rule: "filtered" };

export const maxPageSize = 500;
export const pageLimit = z.coerce.number().int().min(1).max(maxPageSize).default(100);

export const idParam = (name: string) => z.strictObject({ [name]: z.string().min(1).max(100) } as const);
export const list = <T extends z.ZodType>(items: T) => z.strictObject({ items: z.array(items) });

/** Fills what most routes share; every field given wins. */
export function route<
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
  bodyType?: Route["bodyType"];
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
    bodyType: given.bodyType ?? (given.body === undefined ? "none" : "application/json"),
  };
}

export const publicSignIn: Access = { rule: "public", why: "it is how callers sign in" };
export const publicProbe: Access = {
  rule: "public",
  why: "probes and clients ask before they sign in; it tells nothing of what is inside",
};
