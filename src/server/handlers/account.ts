import { meOf } from "#control/auth/own-account.ts";
import type { HandlersFor } from "../handler.ts";
import { cookieText, sessionCookieName } from "../http/cookies.ts";
import type { Services } from "../services.ts";
import { signInFrom } from "./sign-in.ts";

/** What callers do about themselves. */
export function accountHandlers(
  { auth }: Services,
  secure: boolean,
): HandlersFor<
  | "auth.me"
  | "auth.sign-out"
  | "auth.change-password"
  | "session.list"
  | "session.delete"
  | "token.list"
  | "token.create"
  | "token.revoke"
> {
  return {
    "auth.me": ({ principal }) => meOf(principal),
    "auth.sign-out": async ({ principal, by, reply }) => {
      await auth.account.signOut(principal, by);
      if (principal.via !== "session") return {};
      const gone = { secure, sameSite: "Strict", maxAgeSeconds: 0 } as const;
      reply.header("set-cookie", cookieText(sessionCookieName(secure), "", gone));
      return {};
    },
    "auth.change-password": async ({ principal, body, request }) => {
      await auth.account.changePassword(principal, body, signInFrom(request));
      return {};
    },
    "session.list": async ({ principal }) => ({ items: [...(await auth.account.sessions(principal))] }),
    "session.delete": async ({ principal, params, by }) => {
      await auth.account.endSession(principal, params["session"] ?? "", by);
      return {};
    },
    "token.list": async ({ principal, query }) => ({
      items: [...(await auth.tokens.list(principal, query.all))],
    }),
    "token.create": async ({ principal, body, by }) => await auth.tokens.create(principal, body, by),
    "token.revoke": async ({ principal, params, by }) => {
      await auth.tokens.revoke(principal, params["token"] ?? "", by);
      return {};
    },
  };
}
