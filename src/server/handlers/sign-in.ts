import { VdcError } from "#api/errors.ts";
import type { Resource } from "#api/resource.ts";
import type { OpenedSession } from "#control/auth/sign-in.ts";
import type { SignInFrom } from "#control/auth/sign-in-from.ts";
import { meOf } from "#control/auth/own-account.ts";
import type { HandlersFor, ReplyControls, RequestFacts } from "../handler.ts";
import { cookieText, readCookie, sessionCookieName, stateCookieName } from "../http/cookies.ts";
import type { Services } from "../services.ts";

/** Where a sign-in comes from, for limits and records. The control socket counts as one address. */
export function signInFrom(request: RequestFacts): SignInFrom {
  return {
    address: request.address ?? "local",
    requestId: request.id,
    ...(request.userAgent === undefined ? {} : { userAgent: request.userAgent }),
  };
}

export function signInHandlers(
  services: Services,
  secure: boolean,
): HandlersFor<
  "auth.methods" | "auth.link" | "auth.password" | "auth.token" | "auth.oidc-start" | "auth.oidc-callback"
> {
  const { auth, clock } = services;
  const open = (session: OpenedSession, reply: ReplyControls) => {
    const maxAgeSeconds = Math.max(0, (Date.parse(session.expiresAt) - clock.now()) / 1000);
    const options = { secure, sameSite: "Strict", maxAgeSeconds } as const;
    reply.header("set-cookie", cookieText(sessionCookieName(secure), session.secret, options));
  };
  return {
    "auth.methods": () => ({
      dataCenter: services.dataCenter,
      password: true,
      providers: [...auth.oidc.providers],
    }),
    "auth.link": async ({ body, request, reply }) => {
      const session = await auth.withLink(body.secret, signInFrom(request));
      open(session, reply);
      return meOf(session.principal);
    },
    "auth.password": async ({ body, request, reply }) => {
      const session = await auth.withPassword(body, signInFrom(request));
      open(session, reply);
      return meOf(session.principal);
    },
    "auth.token": async ({ body, request }) => await auth.forToken(body, signInFrom(request)),
    "auth.oidc-start": async ({ params, query, request, reply }) => {
      try {
        const begun = await auth.oidc.start(params.provider, query.returnTo, signInFrom(request));
        const { maxAgeSeconds } = begun;
        // Lax, because the browser comes back from the provider's site; Strict would hold it back.
        const options = { secure, sameSite: "Lax", maxAgeSeconds } as const;
        reply.header("set-cookie", cookieText(stateCookieName(secure), begun.stateCookie, options));
        return begun.redirectUrl;
      } catch (error) {
        return failedSignIn(error);
      }
    },
    "auth.oidc-callback": async ({ params, request, reply }) => {
      const name = stateCookieName(secure);
      const state = readCookie(request.headers.cookie, name);
      reply.header("set-cookie", cookieText(name, "", { secure, sameSite: "Lax", maxAgeSeconds: 0 }));
      try {
        const url = new URL(request.target, request.origin);
        const session = await auth.oidc.callback(params.provider, url, state, signInFrom(request));
        open(session, reply);
        return session.returnTo;
      } catch (error) {
        return failedSignIn(error);
      }
    },
  };
}

/** How apps sign their users in. */
export function appSignInHandlers({
  auth,
  store,
}: Pick<Services, "auth" | "store">): HandlersFor<"auth.app-authorize" | "auth.app-token"> {
  return {
    "auth.app-authorize": async ({ params, body, principal, by }) => {
      const { project, name: app } = params;
      const found = await store.resources.get({ kind: "app", project, name: app });
      if (found === undefined)
        throw new VdcError("not-found", `There is no app ${app} in project ${project}.`);
      const returnTo = addressOfApp(found, body.returnTo);
      const code = await auth.apps.authorize(principal, { project, app, challenge: body.challenge }, by);
      returnTo.searchParams.set("code", code);
      returnTo.searchParams.set("state", body.state);
      return { redirect: returnTo.href };
    },
    "auth.app-token": async ({ body, request }) => await auth.apps.token(body, signInFrom(request)),
  };
}

/** An address below one that the app really has: a code must never go to somebody else's page. */
function addressOfApp(app: Resource, returnTo: string): URL {
  const wanted = new URL(returnTo);
  const urls = app.status["urls"];
  const own = (Array.isArray(urls) ? urls : []).some(
    (url) => typeof url === "string" && new URL(url).origin === wanted.origin,
  );
  if (own) return wanted;
  throw new VdcError("invalid", `${wanted.origin} is no address of app ${app.name}.`, {
    fields: [{ path: "returnTo", message: "must be an address of the app" }],
  });
}

/** People see this, not programs: the sign-in page says what was wrong and lets them begin again. */
function failedSignIn(error: unknown): string {
  if (!(error instanceof VdcError) || error.code === "fault") throw error;
  return `/signin?failed=${error.code}`;
}
