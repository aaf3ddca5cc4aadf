import { readFileSync } from "node:fs";

/** What this instance was told. Throws with the variable's name when one is missing. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Where users reach Darkroom, such as `http://darkroom-shell.localhost:8080/`. */
  readonly url: URL;
  readonly project: string;
  readonly app: string;
  /** The data center: its API for this server, its console for users. */
  readonly api: URL;
  readonly console: URL;
  readonly s3: {
    readonly endpoint: URL;
    readonly region: string;
    readonly bucket: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  /** Seals cookies. */
  readonly sessionKey: string;
}

export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const need = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === "")
      throw new Error(`${name} is not set: Darkroom runs as an app of a data center`);
    return value;
  };
  return {
    host: env["HOST"] ?? "127.0.0.1",
    port: Number(need("PORT")),
    url: new URL(need("VDC_URL")),
    project: need("VDC_PROJECT"),
    app: need("VDC_APP"),
    api: new URL(need("VDC_API_URL")),
    console: new URL(need("VDC_CONSOLE_URL")),
    s3: {
      endpoint: new URL(need("S3_ENDPOINT")),
      region: need("S3_REGION"),
      bucket: need("S3_BUCKET_ALBUMS"),
      accessKeyId: need("AWS_ACCESS_KEY_ID"),
      secretAccessKey: need("AWS_SECRET_ACCESS_KEY"),
    },
    sessionKey: env["SESSION_KEY"] ?? readFileSync("/run/secrets/session-key", "utf8").trim(),
  };
}
