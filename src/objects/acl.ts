import type { AclPermission, BucketRecord, Grant, VersionRecord } from "./records.ts";

/** Access control lists: what grants stand where, and what they allow. Who decides is `s3/auth/authorize.ts`. */

/** Who asks: a project (by any of its keys), or nobody that is known. */
export type AclCaller = { readonly type: "key"; readonly project: string } | { readonly type: "anonymous" };

/** Whose something is, and what is granted on it. */
export interface AccessList {
  readonly owner: string;
  readonly grants: readonly Grant[];
}

export function grantTo(to: Grant["to"], permission: AclPermission): Grant {
  return { to, permission };
}

export function bucketAccessList({ project, acl, ownership }: BucketRecord): AccessList {
  const full = grantTo({ project }, "FULL_CONTROL");
  if (ownership === "BucketOwnerEnforced" || acl === "private") return { owner: project, grants: [full] };
  if (acl === "public-read")
    return { owner: project, grants: [grantTo({ group: "AllUsers" }, "READ"), full] };
  return { owner: project, grants: acl };
}

export function objectAccessList(
  { owner, acl }: Pick<VersionRecord, "owner" | "acl">,
  bucket: BucketRecord,
): AccessList {
  const whose = owner === undefined || bucket.ownership === "BucketOwnerEnforced" ? bucket.project : owner;
  const own = [grantTo({ project: whose }, "FULL_CONTROL")];
  return { owner: whose, grants: bucket.ownership === "BucketOwnerEnforced" ? own : (acl ?? own) };
}

/** What counts: "ignore public ACLs" takes the grants to groups out. */
export function effectiveGrants({ grants }: AccessList, bucket: BucketRecord): readonly Grant[] {
  return bucket.publicAccessBlock?.ignorePublicAcls === true ? grants.filter(isOfProject) : grants;
}

/** Whether the caller has the permission by a grant, or because it owns the list: an owner can always repair it. */
export function isGranted(
  list: AccessList,
  bucket: BucketRecord,
  caller: AclCaller,
  permission: AclPermission,
): boolean {
  const isOwn = caller.type === "key" && caller.project === list.owner;
  if (isOwn && (permission === "READ_ACP" || permission === "WRITE_ACP")) return true;
  return effectiveGrants(list, bucket).some(
    (grant) =>
      (grant.permission === permission || grant.permission === "FULL_CONTROL") && isFor(grant.to, caller),
  );
}

/** S3 takes every grant to a group for public: anybody can have an account. */
export function isPublicGrant(grant: Grant): boolean {
  return !isOfProject(grant);
}

export function isPublicByAcl(bucket: BucketRecord): boolean {
  return effectiveGrants(bucketAccessList(bucket), bucket).some(isPublicGrant);
}

function isOfProject({ to }: Grant): boolean {
  return "project" in to;
}

function isFor(to: Grant["to"], caller: AclCaller): boolean {
  if ("project" in to) return caller.type === "key" && caller.project === to.project;
  return to.group === "AllUsers" || caller.type === "key";
}
