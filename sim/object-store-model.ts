import { createHash } from "node:crypto";
import type { ObjectStore } from "#objects/s3/operation.ts";

/** Bytes that are told by two numbers. */
export interface Body {
  readonly seed: number;
  readonly size: number;
}

/** No word of four bytes repeats soon, so that a piece in a wrong place is seen. */
export function bytesOf({ seed, size }: Body): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0, word = seed; at < words.length; at += 1) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    words[at] = word ^ (word >>> 15);
  }
  return Buffer.from(words.buffer, 0, size);
}

export function etagOf(body: Body): string {
  return createHash("md5").update(bytesOf(body)).digest("hex");
}

/** What a version must be. Its id is not known while nobody has answered. */
export interface ModelVersion {
  readonly versionId?: string;
  readonly isMarker: boolean;
  readonly etag: string;
  readonly bodies: readonly Body[];
  readonly tag?: string;
}
/** All versions of one key, newest first. */
export type Versions = readonly ModelVersion[];

/** A change whose answer is not known: it happened wholly or not at all. */
export interface Pending {
  readonly after: Versions;
  /** The upload that it completes: gone exactly when it happened. */
  readonly uploadId?: string;
  /** As it was found afterwards. */
  readonly hasHappened?: boolean;
  /** Sends the same call once more. */
  readonly again: (store: ObjectStore) => Promise<unknown>;
}

export interface ModelObject {
  readonly bucket: string;
  readonly key: string;
  versions: Versions;
  pending: Pending | undefined;
  /** A client works on it: one at a time, so that its next state is known. */
  isBusy: boolean;
}

export interface ModelPart {
  readonly etag: string;
  readonly body: Body;
}
export interface ModelUpload {
  readonly id: string;
  readonly object: ModelObject;
  readonly parts: Map<number, ModelPart>;
  pendingPart: { readonly number: number; readonly part: ModelPart } | undefined;
  /** It was asked to be aborted, and nobody answered. */
  isEnding: boolean;
  isBusy: boolean;
}

export const buckets = { plain: "off", versioned: "enabled" } as const;
const keys = ["a", "a/1", "a/2", "b"] as const;

/** What must be in the store, kept in maps. */
export class StoreModel {
  readonly objects: readonly ModelObject[];
  readonly uploads = new Map<string, ModelUpload>();
  /** Uploads that were asked for without an answer: each may be there. */
  readonly pendingUploads: ModelObject[] = [];

  constructor() {
    this.objects = Object.keys(buckets).flatMap((bucket) =>
      keys.map((key) => ({ bucket, key, versions: [], pending: undefined, isBusy: false })),
    );
  }

  find(bucket: string, key: string): ModelObject | undefined {
    return this.objects.find((object) => object.bucket === bucket && object.key === key);
  }

  /** Nobody is under way any more: the programs were ended. */
  rest(): void {
    for (const object of this.objects) object.isBusy = false;
    for (const upload of this.uploads.values()) upload.isBusy = false;
  }
}

export function afterPut({ bucket, versions }: ModelObject, version: ModelVersion): Versions {
  return bucket === "versioned" ? [version, ...versions] : [version];
}

export function afterDelete({ bucket, versions }: ModelObject): Versions {
  return bucket === "versioned" ? [{ isMarker: true, etag: "", bodies: [] }, ...versions] : [];
}

/** The object that clients see; undefined when there is none or a marker hides it. */
export function visible(versions: Versions): ModelVersion | undefined {
  return versions[0]?.isMarker === true ? undefined : versions[0];
}
