import { createHash } from "node:crypto";

/** Names are RFC 1123 labels (`nameSchema`): 63 characters. */
const maxName = 63;
/** Names of apps are part of the names of releases, instances, volumes and hosts, which need room beside them. */
export const maxAppName = 40;
const hashCharacters = 8;

export function releaseName(app: string, number: number): string {
  return `${label(app, maxName - 12)}-${number}`;
}

/** `news-web-3-k3f9`; the last part is chance. */
export function instanceName(app: string, component: string, release: number, chance: string): string {
  const tail = `-${release}-${chance}`;
  return label(`${app}-${component}`, maxName - tail.length) + tail;
}

/** The volume that a component's mount or a requirement gets when the user names none. */
export function volumeName(app: string, volume: string): string {
  return label(`${app}-${volume}`, maxName);
}

/** `adminPassword` of `news` is kept in `news-admin-password`. */
export function secretName(app: string, setting: string): string {
  const kebab = setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/^-|-$/g, "");
  return label(`${app}-${kebab}`, maxName);
}

/** The bucket that a requirement gets when the user names none. */
export function bucketName(app: string, requirement: string): string {
  return label(`${app}-${requirement}`, maxName);
}

/** Its name for S3, which is one name space for the data center. */
export function s3BucketName(project: string, app: string, requirement: string): string {
  return label(`${project}-${app}-${requirement}`, maxName);
}

/** The access key for the buckets of an app, and the secret that holds its credentials. */
export function bucketKeyName(app: string): string {
  return label(`${app}-s3`, maxName);
}
export function bucketSecretName(app: string): string {
  return label(`${app}-s3-credentials`, maxName);
}

/** The primary route is called like the app. */
export function routeName(app: string, route: string, isPrimary: boolean): string {
  return isPrimary ? app : label(`${app}-${route}`, maxName);
}

/** The text when it is short enough, else its beginning and a hash of the whole: two long names stay two names. */
export function label(text: string, max: number): string {
  if (text.length <= max) return text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, hashCharacters);
  return `${text.slice(0, max - hashCharacters - 1).replace(/-+$/, "")}-${hash}`;
}
