import { S3Error } from "#objects/s3-error.ts";

import type { XmlElement } from "../xml/parse.ts";
import { only, requiredChild, tagPairs } from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";

/** S3: an object has at most 10 tags, a bucket 50. */
export const objectTagsMax = 10;
export const bucketTagsMax = 50;

export type Tags = Readonly<Record<string, string>>;

/** The header `x-amz-tagging`, coded like a query. */
export function tagsOfHeader(header: string): Tags {
  // Headers come with one character a byte; what was not percent-encoded is UTF-8 all the same.
  const pairs = [...new URLSearchParams(Buffer.from(header, "latin1").toString("utf8"))];
  return checkedTags(pairs, objectTagsMax);
}

export function tagsOfDocument(root: XmlElement, max: number): Tags {
  only(root, ["TagSet"]);
  return checkedTags(tagPairs(requiredChild(root, "TagSet")), max);
}

function tagSet(tags: Tags): string {
  const sorted = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const all = sorted.map(([key, value]) => branch("Tag", leaf("Key", key), leaf("Value", value)));
  return branch("TagSet", ...all);
}

export function taggingDocument(tags: Tags): string {
  return xmlDocument("Tagging", tagSet(tags));
}

/** Throws InvalidTag as S3 does: too many, too long, twice, or with a reserved name. */
export function checkedTags(pairs: readonly (readonly [string, string])[], max: number): Tags {
  if (pairs.length > max) throw new S3Error("InvalidTag", `There may be at most ${max} tags.`);
  const names = new Set<string>();
  for (const [key, value] of pairs) {
    if (key.length === 0 || key.length > 128)
      throw new S3Error("InvalidTag", "A tag's key has 1 to 128 characters.", { details: { TagKey: key } });
    if (value.length > 256)
      throw new S3Error("InvalidTag", "A tag's value has at most 256 characters.", {
        details: { TagValue: value },
      });
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value))
      throw new S3Error("InvalidTag", "A tag has a character that is not allowed.", {
        details: { TagKey: key },
      });
    if (key.startsWith("aws:"))
      throw new S3Error("InvalidTag", "Tags that begin with aws: are reserved.", {
        details: { TagKey: key },
      });
    if (names.has(key))
      throw new S3Error("InvalidTag", "A tag's key is there twice.", { details: { TagKey: key } });
    names.add(key);
  }
  return Object.fromEntries(pairs);
}
