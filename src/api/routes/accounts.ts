import { z } from "zod";
import * as accounts from "#api/accounts.ts";
import { userNameSchema } from "#api/names.ts";
import { idParam, list, owner, route, signedIn } from "./define-route.ts";

const userParam = z.strictObject({ user: userNameSchema });

/** Users and their API tokens. */
export const accountRoutes = {
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
