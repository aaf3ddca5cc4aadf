import { z } from "zod";
import { projectAccess, type KindDefinition } from "#api/kind.ts";

/** Values are kept apart, encrypted, and given to instances alone: no route answers with one. */
export const secretSpecSchema = z.strictObject({
  description: z.string().max(2000).default("").describe("What it is for"),
});

export const secretStatusSchema = z.strictObject({
  version: z.int().optional().describe("Newest version; absent while it has no value"),
  setAt: z.iso.datetime().optional().describe("When the newest value was set"),
  usedBy: z.array(z.string()).optional().describe("Apps that use it"),
});

export type SecretSpec = z.infer<typeof secretSpecSchema>;
export type SecretStatus = z.infer<typeof secretStatusSchema>;

export const secretKind: KindDefinition = {
  kind: "secret",
  plural: "secrets",
  shortNames: [],
  title: "Secret",
  description: "A value that instances get and nobody can read back; kept encrypted, with its versions",
  scope: "project",
  spec: secretSpecSchema,
  status: secretStatusSchema,
  access: projectAccess({ view: "viewer", write: "operator" }),
  guarded: [],
  columns: [
    { header: "VERSION", path: "status.version" },
    { header: "USED BY", path: "status.usedBy" },
    { header: "AGE", path: "createdAt", format: "age" },
  ],
  finalized: true,
  example: {
    name: "news-admin-password",
    project: "default",
    spec: { description: "Password of the editors" },
  },
};
