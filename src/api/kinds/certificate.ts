import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";
import { hostPatternSchema } from "./route.ts";

export const certificateSpecSchema = z.strictObject({
  hosts: z.array(hostPatternSchema).min(1).max(50),
  issuer: z
    .union([
      z.strictObject({
        acme: z.strictObject({
          directory: z.url().default("https://acme-v02.api.letsencrypt.org/directory"),
          email: z.email().optional(),
          termsAccepted: z.literal(true).describe("You accept the terms of the certificate authority"),
          trust: z
            .string()
            .max(16_384)
            .optional()
            .describe("PEM of a private authority that the directory's own TLS is checked with"),
        }),
      }),
      z.strictObject({ selfSigned: z.strictObject({ days: z.int().min(1).max(825).default(365) }) }),
      z.strictObject({
        provided: z.strictObject({
          chain: z.string().max(65_536).describe("PEM: the certificate and its intermediates"),
          keySecret: nameSchema.describe("Secret of the project that holds the private key in PEM"),
        }),
      }),
    ])
    .describe("Where it comes from"),
  renewBeforeDays: z.int().min(1).max(89).default(30),
});

export const certificateStatusSchema = z.strictObject({
  phase: z.enum(["pending", "issuing", "ready", "expired", "failed"]).optional(),
  reason: z.string().optional(),
  fingerprint: z.string().optional().describe("SHA-256 of the certificate, hex"),
  notBefore: z.iso.datetime().optional(),
  notAfter: z.iso.datetime().optional(),
  issuedBy: z.string().optional(),
  nextAttemptAt: z.iso.datetime().optional(),
  challenges: z
    .array(
      z.strictObject({
        host: z.string().max(253),
        token: z.string().regex(/^[A-Za-z0-9_-]{1,200}$/),
        answer: z.string().max(500),
      }),
    )
    .max(50)
    .optional()
    .describe(
      "HTTP-01 challenges that gateways answer while it is issued; public by nature (RFC 8555 section 8.3)",
    ),
  failures: z.int().optional(),
  observedGeneration: z.int().optional(),
});

export type CertificateSpec = z.infer<typeof certificateSpecSchema>;
export type CertificateStatus = z.infer<typeof certificateStatusSchema>;

export const certificateKind: KindDefinition = {
  kind: "certificate",
  plural: "certificates",
  shortNames: ["cert"],
  title: "Certificate",
  description: "A TLS certificate that the gateway serves for its hosts, issued and renewed by VDC",
  scope: "project",
  spec: certificateSpecSchema,
  status: certificateStatusSchema,
  access: projectAccess({ view: "viewer", write: "admin" }),
  guarded: [],
  columns: [
    { header: "HOSTS", path: "spec.hosts" },
    { header: "PHASE", path: "status.phase" },
    { header: "EXPIRES", path: "status.notAfter" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  initialStatus: { phase: "pending" },
  finalized: true,
  example: {
    name: "news",
    project: "default",
    spec: { hosts: ["news.example.org"], issuer: { selfSigned: {} } },
  },
};
