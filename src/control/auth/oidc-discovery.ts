import {
  allowInsecureRequests,
  ClientSecretBasic,
  discovery,
  enableNonRepudiationChecks,
  None,
  type Configuration,
} from "openid-client";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { AuthLimits } from "./limits.ts";
import { isLoopback, type OidcProviderConfig } from "./oidc-config.ts";

/** Knows providers by their discovery documents. One question at a time for each; failures are not kept. */
export class OidcDiscovery {
  readonly #options: { readonly clock: Clock; readonly limits: AuthLimits; readonly log: Log };
  /** As many as providers are configured. */
  readonly #known = new Map<string, { readonly asked: Promise<Configuration>; readonly until: number }>();

  constructor(options: { readonly clock: Clock; readonly limits: AuthLimits; readonly log: Log }) {
    this.#options = options;
  }

  /** Throws `unavailable` when the provider does not answer, or with something else than it should. */
  async client(config: OidcProviderConfig): Promise<Configuration> {
    const { clock, limits, log } = this.#options;
    const known = this.#known.get(config.id);
    const asked =
      known !== undefined && known.until > clock.monotonic()
        ? known
        : { asked: ask(config, limits.oidcRequestMs), until: clock.monotonic() + limits.oidcDiscoveryMs };
    this.#known.set(config.id, asked);
    try {
      return await asked.asked;
    } catch (error) {
      if (this.#known.get(config.id) === asked) this.#known.delete(config.id);
      log.warn("auth.oidc.discovery-failed", { provider: config.id, issuer: config.issuer, error });
      throw new VdcError("unavailable", `The sign-in provider '${config.id}' does not answer as it should.`, {
        cause: error,
      });
    }
  }
}

function ask(config: OidcProviderConfig, timeoutMs: number): Promise<Configuration> {
  const { clientSecret } = config;
  return discovery(
    new URL(config.issuer),
    config.clientId,
    {},
    clientSecret === undefined ? None() : ClientSecretBasic(clientSecret),
    {
      // The library's unit is seconds, and it keeps the limit for all requests to this provider.
      timeout: timeoutMs / 1000,
      // The ID token's signature is checked too, though TLS would do (OpenID Connect Core 3.1.3.7, point 6).
      execute: isLoopback(config.issuer)
        ? [allowInsecureRequests, enableNonRepudiationChecks]
        : [enableNonRepudiationChecks],
    },
  );
}
