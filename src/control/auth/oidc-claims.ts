import { z } from "zod";

/** What we believe of an ID token: claims of other types than they should have count as absent. */
const schema = z.object({
  iss: z.string().min(1).max(500),
  sub: z.string().min(1).max(255),
  // OpenID Connect Core 5.1 says boolean; some providers send "true", which is not taken for it.
  email_verified: z.boolean().optional().catch(undefined),
  email: z.email().max(254).optional().catch(undefined),
  name: z.string().max(200).optional().catch(undefined),
  preferred_username: z.string().max(200).optional().catch(undefined),
});

export interface OidcClaims {
  readonly issuer: string;
  readonly subject: string;
  /** Only when the provider says that it is verified. */
  readonly email?: string;
  readonly title: string;
  /** What a user's name may be made from. */
  readonly preferredName: string;
}

export function oidcClaims(token: unknown): OidcClaims | undefined {
  const parsed = schema.safeParse(token);
  if (!parsed.success) return undefined;
  const { iss, sub, email, email_verified: verified, name, preferred_username: preferred } = parsed.data;
  const checked = verified === true ? email : undefined;
  return {
    issuer: iss,
    subject: sub,
    ...(checked === undefined ? {} : { email: checked }),
    title: name ?? "",
    preferredName: preferred ?? checked?.split("@")[0] ?? name ?? "",
  };
}

/** A user name in our form, made from what the provider calls somebody. */
export function userNameFrom(preferred: string): string {
  const text = preferred
    .split("@", 1)
    .join("")
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9._-]+/g, "-")
    .slice(0, 59)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return text === "" ? "user" : text;
}
