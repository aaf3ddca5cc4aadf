import { grantTo } from "#objects/acl.ts";
import type { AclPermission, Grant } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

import { malformed, type XmlElement } from "../xml/parse.ts";
import { childrenOf, only, optionalText, requiredChild, requiredText } from "../xml/read.ts";
import { branch, leaf } from "../xml/write.ts";

/** Grants as headers and documents spell them ("Access control list (ACL) overview" of the S3 user guide). */

export const groupUris = {
  AllUsers: "http://acs.amazonaws.com/groups/global/AllUsers",
  AuthenticatedUsers: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
} as const;
const permissions: readonly AclPermission[] = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
/** S3's limit for one list. */
const grantsMax = 100;
/** Names of projects; others cannot exist. */
const projectName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Owners of the thing that gets a list, and of the bucket that it lies in. */
export interface Owners {
  readonly owner: string;
  readonly bucketOwner: string;
}

/** What x-amz-acl or x-amz-grant-* ask for; undefined when neither is there. Throws for both. */
export function headerGrants(
  given: ReadonlyMap<string, string>,
  owners: Owners,
): readonly Grant[] | undefined {
  const canned = given.get("x-amz-acl");
  const grants = permissions.flatMap((permission) => {
    const header = given.get(`x-amz-grant-${permission.toLowerCase().replace("_", "-")}`);
    return header === undefined ? [] : header.split(",").map((text) => headerGrant(text, permission));
  });
  if (canned === undefined) return grants.length === 0 ? undefined : bounded(grants);
  if (grants.length > 0)
    throw new S3Error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed");
  return cannedGrants(canned, owners);
}

function cannedGrants(canned: string, { owner, bucketOwner }: Owners): readonly Grant[] {
  const full = grantTo({ project: owner }, "FULL_CONTROL");
  const others = (permission: AclPermission) =>
    owner === bucketOwner ? [] : [grantTo({ project: bucketOwner }, permission)];
  if (canned === "private") return [full];
  if (canned === "public-read") return [grantTo({ group: "AllUsers" }, "READ"), full];
  if (canned === "public-read-write")
    return [grantTo({ group: "AllUsers" }, "READ"), grantTo({ group: "AllUsers" }, "WRITE"), full];
  if (canned === "authenticated-read") return [grantTo({ group: "AuthenticatedUsers" }, "READ"), full];
  if (canned === "bucket-owner-read") return [full, ...others("READ")];
  if (canned === "bucket-owner-full-control") return [full, ...others("FULL_CONTROL")];
  if (canned === "log-delivery-write" || canned === "aws-exec-read")
    throw new S3Error("NotImplemented", `The canned ACL ${canned} is not supported.`);
  throw new S3Error("InvalidArgument", "The canned ACL is not known.", {
    details: { ArgumentName: "x-amz-acl", ArgumentValue: canned },
  });
}

/** `id="project"` or `uri="http://…"`. */
function headerGrant(text: string, permission: AclPermission): Grant {
  const match = /^\s*(id|uri|emailaddress)\s*=\s*"?([^"]*)"?\s*$/i.exec(text);
  if (match === null) throw new S3Error("InvalidArgument", 'A grant is id="…" or uri="…".');
  const [, kind = "", who = ""] = match;
  if (kind.toLowerCase() === "id") return grantTo(projectOf(who), permission);
  if (kind.toLowerCase() === "uri") return grantTo(groupOf(who), permission);
  throw new S3Error("UnresolvableGrantByEmailAddress");
}

/** Of an AccessControlPolicy; its owner must be the one there is. */
export function documentGrants(root: XmlElement, owner: string): readonly Grant[] {
  only(root, ["Owner", "AccessControlList"]);
  const named = requiredText(requiredChild(root, "Owner"), "ID").trim();
  if (named !== owner) throw new S3Error("AccessDenied", "The owner cannot be changed.");
  const list = requiredChild(root, "AccessControlList");
  only(list, ["Grant"]);
  return bounded(
    childrenOf(list, "Grant").map((grant) =>
      grantTo(granteeOf(requiredChild(grant, "Grantee")), permissionOf(requiredText(grant, "Permission"))),
    ),
  );
}

function granteeOf(grantee: XmlElement): Grant["to"] {
  const id = optionalText(grantee, "ID")?.trim();
  if (id !== undefined) return projectOf(id);
  const uri = optionalText(grantee, "URI")?.trim();
  if (uri !== undefined) return groupOf(uri);
  if (optionalText(grantee, "EmailAddress") !== undefined)
    throw new S3Error("UnresolvableGrantByEmailAddress");
  throw new S3Error("MalformedACLError");
}

function projectOf(id: string): Grant["to"] {
  if (projectName.test(id)) return { project: id };
  throw new S3Error("InvalidArgument", "Invalid id", {
    details: { ArgumentName: "CanonicalUser/ID", ArgumentValue: id },
  });
}

function groupOf(uri: string): Grant["to"] {
  if (uri === groupUris.AllUsers) return { group: "AllUsers" };
  if (uri === groupUris.AuthenticatedUsers) return { group: "AuthenticatedUsers" };
  throw new S3Error("InvalidArgument", "Invalid group uri", {
    details: { ArgumentName: "Group/URI", ArgumentValue: uri },
  });
}

function permissionOf(text: string): AclPermission {
  const permission = permissions.find((candidate) => candidate === text.trim());
  if (permission === undefined) throw malformed(`Permission must be one of ${permissions.join(", ")}.`);
  return permission;
}

function bounded(grants: readonly Grant[]): readonly Grant[] {
  if (grants.length > grantsMax) throw malformed(`A list has at most ${grantsMax} grants.`);
  return grants;
}

/** Groups first, as S3 answers. */
export function grantElements(grants: readonly Grant[]): string {
  const groups = grants.filter(({ to }) => "group" in to);
  const projects = grants.filter(({ to }) => "project" in to);
  return [...groups, ...projects].map(grantElement).join("");
}

function grantElement({ to, permission }: Grant): string {
  const [type, who] =
    "group" in to
      ? ["Group", leaf("URI", groupUris[to.group])]
      : ["CanonicalUser", leaf("ID", to.project) + leaf("DisplayName", to.project)];
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}">${who}</Grantee>`;
  return branch("Grant", grantee, leaf("Permission", permission));
}
