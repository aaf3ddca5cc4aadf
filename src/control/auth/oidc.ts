import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  fetchUserInfo,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
  type UserInfoResponse,
} from "openid-client";
import { VdcError } from "#api/errors.ts";
import { BoundedCache } from "#lib/bounded.ts";
import { newSecret } from "#lib/random.ts";
import type { OidcProviderConfig } from "./oidc-config.ts";
import { oidcClaims, type OidcClaims } from "./oidc-claims.ts";
import { OidcDiscovery } from "./oidc-discovery.ts";
import { userOfClaims } from "./oidc-user.ts";
import type { AuthParts } from "./parts.ts";
import { safeReturnTo } from "./return-to.ts";
import { allowedAttempt, type SignInFrom } from "./sign-in-from.ts";
import { SignInLimiter } from "./sign-in-limiter.ts";
import { openSession, type OpenedSession } from "./sign-in.ts";

/** OpenID Connect: authorization code flow with PKCE, state and nonce. */
export interface OidcSignIn {
  /** For the sign-in page, in the order of the configuration. */
  readonly providers: readonly { readonly id: string; readonly title: string }[];
  /**
   * Begins. Set `stateCookie` as the value of a short-lived cookie (HttpOnly, SameSite=Lax, `maxAgeSeconds`) and
   * redirect. Throws `not-found`, `too-many-requests`, and `unavailable` when the provider does not answer.
   */
  start(provider: string, returnTo: string, from: SignInFrom): Promise<OidcStart>;
  /**
   * Ends: `currentUrl` is the whole address that the browser came to. Works once for each start. Throws
   * `sign-in-failed`; the server shows it as a page. Clear the cookie in any case.
   */
  callback(
    provider: string,
    currentUrl: URL,
    stateCookie: string | undefined,
    from: SignInFrom,
  ): Promise<OpenedSession & { readonly returnTo: string }>;
}

export interface OidcStart {
  readonly redirectUrl: string;
  readonly stateCookie: string;
  readonly maxAgeSeconds: number;
}

/** A sign-in under way. Lives in this process only: after a restart people begin again. */
interface Pending {
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly returnTo: string;
}

export function oidcSignIn(parts: AuthParts, configs: readonly OidcProviderConfig[]): OidcSignIn {
  const { clock, limits, random, refusals } = parts;
  const monotonic = () => clock.monotonic();
  const providers = new Map(configs.map((config) => [config.id, config]));
  const discovery = new OidcDiscovery(parts);
  const pending = new BoundedCache<string, Pending>({
    maxEntries: limits.oidcSignIns,
    ttlMs: limits.oidcSignInMs,
    monotonic,
  });
  const { limiterKeys: maxKeys, limiterKeepMs: keepMs } = limits;
  const starts = new SignInLimiter({ address: limits.oidcStarts, maxKeys, keepMs, monotonic });
  const known = (id: string): OidcProviderConfig => {
    const config = providers.get(id);
    if (config === undefined) throw new VdcError("not-found", `There is no sign-in provider '${id}'.`);
    return config;
  };
  return {
    providers: configs.map(({ id, title }) => ({ id, title })),
    start: async (id, returnTo, from) => {
      const config = known(id);
      allowedAttempt(starts, from);
      const client = await discovery.client(config);
      const cookie = newSecret(random);
      const begun = {
        provider: id,
        state: newSecret(random),
        nonce: newSecret(random),
        verifier: newSecret(random),
        redirectUri: `${parts.publicUrl()}/v1/auth/oidc/${id}/callback`,
        returnTo: safeReturnTo(returnTo),
      };
      pending.set(cookie, begun);
      const redirectUrl = await authorizationUrl(client, config, begun);
      return { redirectUrl, stateCookie: cookie, maxAgeSeconds: Math.ceil(limits.oidcSignInMs / 1000) };
    },
    callback: async (id, currentUrl, cookie, from) => {
      const config = known(id);
      const attempt = allowedAttempt(parts.limiter, from);
      const begun = cookie === undefined ? undefined : pending.get(cookie);
      // Invariant: a sign-in that was begun ends once, well or badly.
      if (cookie !== undefined) pending.delete(cookie);
      if (begun === undefined || begun.provider !== id)
        throw await refusals.refuse("oidc", "", from, "no sign-in under way");
      const claims = await exchanged(parts, await discovery.client(config), currentUrl, begun, from);
      const found = await userOfClaims(parts, config, claims, from);
      if (found.kind === "refused")
        throw await refusals.refuse("oidc", claims.email ?? claims.subject, from, found.reason);
      const opened = await openSession(parts, found.user, { method: "oidc" }, from);
      if (opened === undefined)
        throw await refusals.refuse("oidc", found.user.name, from, "disabled meanwhile");
      attempt.succeeded();
      return { ...opened, returnTo: begun.returnTo };
    },
  };
}

async function authorizationUrl(
  client: Configuration,
  config: OidcProviderConfig,
  begun: Pending,
): Promise<string> {
  const url = buildAuthorizationUrl(client, {
    redirect_uri: begun.redirectUri,
    scope: config.scopes.join(" "),
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: await calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: "S256",
  });
  return url.href;
}

/** Trades the code for an ID token whose signature, issuer, audience, times and nonce the library checks. */
async function exchanged(
  parts: AuthParts,
  client: Configuration,
  currentUrl: URL,
  begun: Pending,
  from: SignInFrom,
): Promise<OidcClaims> {
  // The address that was registered, not what the request said of itself: a proxy may have changed it.
  const callback = new URL(begun.redirectUri);
  callback.search = currentUrl.search;
  let token: UserInfoResponse | undefined;
  try {
    const answer = await authorizationCodeGrant(client, callback, {
      expectedState: begun.state,
      expectedNonce: begun.nonce,
      pkceCodeVerifier: begun.verifier,
      idTokenExpected: true,
    });
    token = await withUserInfo(client, answer);
  } catch (error) {
    // Whatever it was (a wrong state, a replayed code, a refusal by the person), the person begins again.
    parts.log.warn("auth.oidc.failed", { provider: begun.provider, error });
  }
  const claims = token === undefined ? undefined : oidcClaims(token);
  if (claims === undefined)
    throw await parts.refusals.refuse("oidc", "", from, "the provider did not confirm it");
  return claims;
}

/** Providers put the e-mail address into the ID token, or only into the answer of the userinfo address. */
async function withUserInfo(
  client: Configuration,
  answer: TokenEndpointResponse & TokenEndpointResponseHelpers,
): Promise<UserInfoResponse | undefined> {
  const token = answer.claims();
  if (token === undefined || token["email"] !== undefined) return token;
  if (client.serverMetadata().userinfo_endpoint === undefined) return token;
  return { ...(await fetchUserInfo(client, answer.access_token, token.sub)), ...token };
}
