import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";
import { nameSchema } from "#api/names.ts";
import { hostPatternSchema } from "./route.ts";

export const certificateSpecSchema = z.strictObject({
  hosts: z.array(hostPatternSchema).min(1).max(50).describe("Names that it is served for"),
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
  renewBeforeDays: z
    .int()
    .min(1)
    .max(89)
    .default(30)
    .describe("Days before its end at which the next one is ordered"),
});

export const certificateStatusSchema = z.strictObject({
  phase: z
    .enum(["pending", "issuing", "ready", "expired", "failed"])
    .optional()
    .describe("Where it is in its life"),
  reason: z.string().optional().describe("Why it is there, in a sentence"),
  fingerprint: z.string().optional().describe("SHA-256 of the certificate, hex"),
  notBefore: z.iso.datetime().optional().describe("Valid from"),
  notAfter: z.iso.datetime().optional().describe("Valid until"),
  issuedBy: z.string().optional().describe("Authority that signed it"),
  nextAttemptAt: z.iso.datetime().optional().describe("When it is tried again"),
  challenges: z
    .array(
      z.strictObject({
        host: z.string().max(253).describe("Name that is proved"),
        token: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,200}$/)
          .describe("Last part of the path that is asked for"),
        answer: z.string().max(500).describe("What the gateway answers"),
      }),
    )
    .max(50)
    .optional()
    .describe(
      "HTTP-01 challenges that gateways answer while it is issued; public by nature (RFC 8555 section 8.3)",
    ),
  failures: z.int().optional().describe("Failed attempts in a row"),
  observedGeneration: z.int().optional().describe("Generation this status was made from"),
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
