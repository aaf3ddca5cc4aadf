/** Limits of the object store; each has its unit in its name or its comment. */

/** Objects up to this many bytes travel in the journal; larger ones are striped. */
export const inlineMaxBytes = 128 * 1024;
/** One shard's share of a stripe. */
export const chunkBytes = 256 * 1024;
/** What one checksum covers inside a chunk. */
export const blockBytes = 64 * 1024;

/** S3: keys are 1 to 1,024 bytes of UTF-8. */
export const keyMaxBytes = 1024;
/** S3: a single PUT carries at most 5 GiB. */
export const putMaxBytes = 5 * 1024 ** 3;
/** S3: parts of an upload are numbered 1 to 10,000; all but the last hold at least 5 MiB. */
export const partNumberMax = 10_000;
export const partMinBytes = 5 * 1024 ** 2;
export const objectMaxBytes = 5 * 1024 ** 4;
/** S3: user metadata, names and values together. */
export const userMetadataMaxBytes = 2 * 1024;
export const deleteMaxKeys = 1000;
/** A request's XML document. */
export const xmlMaxBytes = 1024 * 1024;
export const policyMaxBytes = 20 * 1024;

/** Project of the bucket that the canary of the status process goes round. No resource: control leaves it alone, and no tenant may have it. */
export const canaryProject = "vdc-canary";
/** Holds the bucket of burst's blobs; a project of this name has nothing to do with it. */
export const burstProject = "vdc-burst";

/** How long a request is held inside before it is answered with SlowDown. */
export const holdMaxMs = 25_000;
/** Calls that one front may have waiting at the catalog. */
export const callsInFlightMax = 4096;

export const bucketsPerProjectMax = 1000;
export const keysPerProjectMax = 1000;
export const drivesMax = 64;
