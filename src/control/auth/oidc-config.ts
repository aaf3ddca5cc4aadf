import { z } from "zod";
import { nameSchema } from "#api/names.ts";

const loopback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(\/|$)/;

const issuer = z
  .url()
  .max(500)
  .refine(
    (url) => url.startsWith("https://") || loopback.test(url),
    "an issuer is an https address (plain http only on this machine)",
  );

/** One provider of OpenID Connect. */
export const oidcProviderSchema = z.strictObject({
  id: nameSchema.describe("Name in addresses: /v1/auth/oidc/ID/callback is registered with the provider"),
  title: z.string().min(1).max(100).describe("Name for people, on the sign-in page"),
  issuer: issuer.describe("Issuer, exactly as in its discovery document"),
  clientId: z.string().min(1).max(500).describe("What the provider knows this data center by"),
  clientSecretFile: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe("File with the client secret, relative to oidc.json; absent for a public client (PKCE only)"),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, "a scope has no spaces and no quotes"))
    .max(20)
    .default(["openid", "profile", "email"])
    .refine((scopes) => scopes.includes("openid"), "`openid` must be among the scopes")
    .describe("Scopes to ask for"),
  createUsers: z.boolean().default(false).describe("Make a user for everybody the provider lets in"),
  allowedEmailDomains: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^[a-z0-9.-]+$/, "a domain in small letters"),
    )
    .min(1)
    .max(100)
    .optional()
    .describe("Only people with a verified e-mail address in one of these domains"),
});

/** The whole of `oidc.json`. */
export const oidcFileSchema = z.strictObject({
  providers: z
    .array(oidcProviderSchema)
    .max(20)
    .refine(
      (providers) => new Set(providers.map(({ id }) => id)).size === providers.length,
      "an id is there twice",
    ),
});

/** A provider, with its secret read from its file. */
export type OidcProviderConfig = Omit<z.infer<typeof oidcProviderSchema>, "clientSecretFile"> & {
  readonly clientSecret?: string;
};

export function isLoopback(url: string): boolean {
  return loopback.test(url);
}
