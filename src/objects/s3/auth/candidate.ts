import type { AccessList } from "#objects/acl.ts";
import type { BodyClaims } from "./body-claims.ts";
import type { Headers } from "./headers.ts";
import type { Identification, Identified } from "./identify.ts";
import type { RawRequest } from "./raw-request.ts";
import type { Target } from "./target.ts";

/** What admission works with; one for each front. */
export interface Admission extends Identification {
  /** Names under which buckets are hosts, in lower case, without port. */
  readonly baseDomains: readonly string[];
  /** Tags of an object as it is; asked only when the bucket's policy looks at them. */
  readonly objectTags: (
    bucket: string,
    key: string,
    versionId: string | undefined,
  ) => Promise<Readonly<Record<string, string>>>;
  /** Owner and grants of an object as it is; undefined when there is none. Asked only when neither policy nor bucket decide. */
  readonly objectAccess: (
    bucket: string,
    key: string,
    versionId: string | undefined,
  ) => Promise<AccessList | undefined>;
}

/** What was found out about a request, by its headers or by its form, before its rights are looked at. */
export interface Candidate {
  readonly raw: RawRequest;
  readonly identified: Identified;
  readonly target: Target;
  /** The object's key: of the target, or of the form. */
  readonly key?: string;
  readonly headers: Headers;
  readonly form?: ReadonlyMap<string, string>;
  /** The file of a form instead of the request's own body, and its bounds. */
  readonly file?: AsyncIterable<Uint8Array>;
  readonly sizeRange?: BodyClaims["sizeRange"];
}
