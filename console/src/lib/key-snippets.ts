import type { IssuedKey } from "#api/objects.ts";

export interface Snippet {
  readonly program: string;
  readonly file: string;
  readonly text: string;
}

/** Ready-made configuration of the usual programs for one pair of credentials. `bucket` is the S3 name of an example. */
export function keySnippets(
  { accessKeyId, secretAccessKey, endpoint, region }: IssuedKey,
  bucket: string,
): readonly Snippet[] {
  const { host, protocol } = new URL(endpoint);
  return [
    {
      program: "aws-cli",
      file: "Shell",
      text: lines([
        `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
        `export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
        `export AWS_DEFAULT_REGION=${region}`,
        `export AWS_ENDPOINT_URL=${endpoint}`,
        `aws s3 ls s3://${bucket}/`,
      ]),
    },
    {
      program: "rclone",
      file: "~/.config/rclone/rclone.conf",
      text: lines([
        "[vdc]",
        "type = s3",
        "provider = Other",
        `access_key_id = ${accessKeyId}`,
        `secret_access_key = ${secretAccessKey}`,
        `region = ${region}`,
        `endpoint = ${endpoint}`,
        "force_path_style = true",
      ]),
    },
    {
      program: "s3cmd",
      file: "~/.s3cfg",
      text: lines([
        "[default]",
        `access_key = ${accessKeyId}`,
        `secret_key = ${secretAccessKey}`,
        `host_base = ${host}`,
        `host_bucket = ${host}`,
        `bucket_location = ${region}`,
        `use_https = ${protocol === "https:" ? "True" : "False"}`,
      ]),
    },
    {
      program: "restic",
      file: "Shell",
      text: lines([
        `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
        `export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
        `export AWS_DEFAULT_REGION=${region}`,
        `restic -r s3:${endpoint}/${bucket}/backup init`,
      ]),
    },
  ];
}

function lines(parts: readonly string[]): string {
  return parts.join("\n");
}
