import { z } from "zod";

/** How the supervisor tells control where everything is: JSON in this variable. Holds paths, never secrets. */
export const controlConfigVariable = "VDC_CONTROL_CONFIG";

export const controlConfigSchema = z.strictObject({
  dataDirectory: z.string(),
  postgres: z
    .strictObject({
      socketDirectory: z.string(),
      passwordFile: z.string().describe("Holds the password of the role `vdc`, without a line end"),
    })
    .optional()
    .describe("The embedded server; absent when VDC_DATABASE_URL names another"),
  listen: z.strictObject({ host: z.string(), port: z.int().min(0).max(65_535) }),
  tls: z
    .union([
      z.strictObject({ certFile: z.string(), keyFile: z.string() }),
      z.strictObject({
        selfSignedDirectory: z.string().describe("Where the made certificate and key are kept"),
      }),
    ])
    .optional(),
  hosts: z.array(z.string()).describe("Further host names that requests may name, beside the address itself"),
  gateways: z
    .strictObject({
      host: z.string(),
      httpPort: z.int().min(1).max(65_535),
      httpsPort: z.int().min(1).max(65_535),
      domain: z.string().describe("Routes without a host of their own are NAME.domain"),
    })
    .optional()
    .describe("Where the gateways listen; absent when there are none"),
  objects: z
    .strictObject({
      catalogSocket: z.string(),
      endpoint: z.string().describe("Address of the S3 service, such as http://127.0.0.1:9000"),
      region: z.string().describe("Region that clients sign with"),
    })
    .optional()
    .describe("Where the object store is; absent without one"),
  statusSocket: z.string().optional().describe("Where the status process listens; absent without one"),
  controlSocket: z.string(),
  supervisorSocket: z.string(),
  sampleDirectories: z
    .array(z.string())
    .optional()
    .describe("Folders of the apps that a new data center begins with"),
  consoleDirectory: z.string().optional().describe("The built console; absent when there is none"),
  version: z.string(),
});

export type ControlConfig = z.infer<typeof controlConfigSchema>;
