import { z } from "zod";
import { roles } from "#api/access.ts";
import { nameSchema, userNameSchema } from "#api/names.ts";

/** Long enough to resist guessing (NIST SP 800-63B asks for 15 where a password stands alone); bounded so that hashing is. */
export const passwordSchema = z.string().min(12, "use at least 12 characters").max(256);

/** PostgreSQL holds neither NUL nor half a surrogate pair. */
const title = z
  .string()
  .max(200)
  .refine((text) => text.isWellFormed() && !text.includes("\0"), "holds a character that cannot be stored");

export const userSchema = z
  .strictObject({
    id: z.string(),
    name: userNameSchema,
    title: z.string().describe("Name for people"),
    email: z.string().optional(),
    owner: z.boolean().describe("Owner of the data center: may do everything"),
    hasPassword: z.boolean(),
    disabled: z.boolean(),
    createdAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime().optional(),
  })
  .meta({ id: "User" });
export type User = z.infer<typeof userSchema>;

export const newUserSchema = z.strictObject({
  name: userNameSchema,
  title: title.default(""),
  email: z.email().max(254).optional(),
  owner: z.boolean().default(false),
});
export const userChangeSchema = z.strictObject({
  title: title.optional(),
  email: z.email().max(254).optional(),
  owner: z.boolean().optional(),
  disabled: z.boolean().optional().describe("A disabled user's sessions and tokens stop at once"),
});

export const signInLinkSchema = z
  .strictObject({
    user: z.string(),
    url: z.string().describe("Works once; the secret is in the fragment, which browsers do not send"),
    secret: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: "SignInLink" });

export const tokenSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    user: z.string(),
    project: z.string().optional().describe("Works in this project only"),
    role: z.enum(roles).optional().describe("Never more than this role, whatever the user's is"),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().optional(),
  })
  .meta({ id: "Token" });
export type Token = z.infer<typeof tokenSchema>;

export const maxTokenSeconds = 366 * 24 * 3600;

export const newTokenSchema = z.strictObject({
  name: nameSchema,
  project: nameSchema.optional(),
  role: z.enum(roles).optional(),
  expiresInSeconds: z
    .int()
    .min(60)
    .max(maxTokenSeconds)
    .default(90 * 24 * 3600),
});

export const sessionSchema = z
  .strictObject({
    id: z.string(),
    current: z.boolean(),
    createdAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    address: z.string().optional(),
    userAgent: z.string().optional(),
  })
  .meta({ id: "Session" });

/** Who the caller is and what it may do: all that a client needs to show or hide. */
export const meSchema = z
  .strictObject({
    name: z.string(),
    title: z.string(),
    via: z.enum(["session", "token", "local"]),
    owner: z.boolean().describe("May do everything (already reduced by a token's scope)"),
    projects: z
      .record(z.string(), z.enum(roles))
      .describe("Role in each project; empty for owners, who need none"),
    hasPassword: z.boolean(),
    expiresAt: z.iso.datetime().optional().describe("When the session or token ends"),
  })
  .meta({ id: "Me" });
export type Me = z.infer<typeof meSchema>;

const secret = z.string().min(20).max(200);

/** What an app sends the browser of its user with, to the console's page `/authorize` (RFC 6749, RFC 7636). */
export const appAuthorizationSchema = z.strictObject({
  returnTo: z.url().max(2_000).describe("Where to go back to; an address of the app's own"),
  challenge: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/)
    .describe("SHA-256 of the app's secret in base64url (S256)"),
  state: z.string().max(500).describe("Comes back as it is"),
});
export const appTokenSchema = z.strictObject({
  code: secret.describe("From the address that the browser came back to"),
  verifier: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{43,128}$/)
    .describe("The secret behind the challenge"),
});

export const signInMethodsSchema = z
  .strictObject({
    dataCenter: z.string().describe("Name of the data center"),
    password: z.boolean(),
    providers: z
      .array(z.strictObject({ id: nameSchema, title: z.string() }))
      .describe("OpenID Connect providers"),
  })
  .meta({ id: "SignInMethods" });
export const linkSignInSchema = z.strictObject({ secret });
export const passwordSignInSchema = z.strictObject({
  user: z.string().max(63),
  password: z.string().max(256),
});
/** What the CLI signs in with: it gets a token and no cookie. */
export const tokenSignInSchema = z.strictObject({
  link: secret.optional(),
  user: z.string().max(63).optional(),
  password: z.string().max(256).optional(),
  tokenName: nameSchema,
  expiresInSeconds: z
    .int()
    .min(60)
    .max(maxTokenSeconds)
    .default(30 * 24 * 3600),
});
export const passwordChangeSchema = z.strictObject({
  current: z.string().max(256).optional().describe("Needed when there is one already"),
  password: passwordSchema,
});
export const createdTokenSchema = z
  .strictObject({
    token: tokenSchema,
    secret: z.string().describe("Shown this once; only its hash is kept"),
  })
  .meta({ id: "CreatedToken" });
