import type { ListEntry, ListPage } from "#objects/catalog.ts";

/**
 * S3's semantics of one bucket in the plainest words, for tests to compare the catalog with: arrays of versions, the newest first, and nothing clever.
 * Answers are error codes, or what the call made.
 */
export interface OracleVersion {
  readonly key: string;
  /** `null`, or a word of the test's for the id that the catalog gave. */
  readonly id: string;
  readonly etag: string;
  readonly isMarker: boolean;
  readonly size: number;
  readonly extents: readonly string[];
  /** Bytes in the journal: of the version, or of its small parts by their places. */
  readonly bodies?: readonly (string | undefined)[];
  readonly upload?: string;
  tags?: string;
  hold?: boolean;
  retention?: { mode: "GOVERNANCE" | "COMPLIANCE"; until: number };
}
interface OracleUpload {
  readonly key: string;
  readonly parts: Map<number, OraclePart>;
}
export interface OraclePart {
  readonly size: number;
  readonly etag: string;
  readonly extents: readonly string[];
  readonly body?: string;
}
export interface OracleCondition {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}
type Outcome = { readonly code: string } | { readonly made?: OracleVersion };

/** S3's minimum, stated again on purpose. */
const partMin = 5 * 1024 * 1024;

export class ObjectOracle {
  versioning: "off" | "enabled" | "suspended" = "off";
  readonly hasLock: boolean;
  now = 0;
  readonly objects = new Map<string, OracleVersion[]>();
  readonly uploads = new Map<string, OracleUpload>();
  /** Extents that nothing refers to any more. */
  readonly garbage = new Set<string>();

  constructor(hasLock: boolean) {
    this.hasLock = hasLock;
    if (hasLock) this.versioning = "enabled";
  }

  setVersioning(state: "enabled" | "suspended"): Outcome {
    if (this.hasLock && state === "suspended") return { code: "InvalidBucketState" };
    this.versioning = state;
    return {};
  }

  put(
    key: string,
    label: string,
    what: Omit<OracleVersion, "key" | "id" | "isMarker">,
    condition: OracleCondition = {},
  ): Outcome {
    const newest = this.newest(key);
    const current = newest?.isMarker === true ? undefined : newest;
    if (condition.ifMatch !== undefined && current === undefined) return { code: "NoSuchKey" };
    if (condition.ifMatch !== undefined && condition.ifMatch !== "*" && condition.ifMatch !== current?.etag)
      return { code: "PreconditionFailed" };
    if (condition.ifNoneMatch !== undefined && current !== undefined)
      if (condition.ifNoneMatch === "*" || condition.ifNoneMatch === current.etag)
        return { code: "PreconditionFailed" };
    if ((what.retention !== undefined || what.hold === true) && !this.hasLock)
      return { code: "InvalidRequest" };
    const version = { ...what, key, id: this.versioning === "enabled" ? label : "null", isMarker: false };
    this.#add(version);
    return { made: version };
  }

  remove(key: string, label: string): Outcome {
    const newest = this.newest(key);
    if (this.versioning === "off") {
      if (newest !== undefined) this.#drop(newest);
      return {};
    }
    const id = this.versioning === "enabled" ? label : "null";
    const marker = { key, id, etag: "", isMarker: true, size: 0, extents: [] };
    this.#add(marker);
    return { made: marker };
  }

  removeVersion(key: string, id: string, bypass: boolean): Outcome {
    const version = this.find(key, id);
    if (version === undefined) return {};
    if (version.hold === true) return { code: "AccessDenied" };
    const { retention } = version;
    if (retention !== undefined && retention.until > this.now)
      if (retention.mode === "COMPLIANCE" || !bypass) return { code: "AccessDenied" };
    this.#drop(version);
    return {};
  }

  annotate(key: string, id: string, change: (version: OracleVersion) => string | undefined): Outcome {
    const version = this.find(key, id);
    if (version === undefined) return { code: "NoSuchVersion" };
    if (version.isMarker) return { code: "MethodNotAllowed" };
    const code = change(version);
    return code === undefined ? {} : { code };
  }

  hold(key: string, id: string, on: boolean): Outcome {
    return this.annotate(key, id, (version) => {
      if (!this.hasLock) return "InvalidRequest";
      version.hold = on;
      return undefined;
    });
  }

  retain(key: string, id: string, next: OracleVersion["retention"], bypass: boolean): Outcome {
    return this.annotate(key, id, (version) => {
      if (!this.hasLock) return "InvalidRequest";
      if (next !== undefined && next.until <= this.now) return "InvalidArgument";
      const before = version.retention;
      if (before !== undefined && before.until > this.now) {
        const isStronger = next !== undefined && next.mode === before.mode && next.until >= before.until;
        if (!isStronger && (before.mode === "COMPLIANCE" || !bypass)) return "AccessDenied";
      }
      if (next === undefined) delete version.retention;
      else version.retention = next;
      return undefined;
    });
  }

  putPart(upload: string, number: number, part: OraclePart): Outcome {
    const there = this.uploads.get(upload);
    if (there === undefined) return { code: "NoSuchUpload" };
    for (const id of there.parts.get(number)?.extents ?? []) this.garbage.add(id);
    there.parts.set(number, part);
    return {};
  }

  abort(upload: string): Outcome {
    const there = this.uploads.get(upload);
    if (there === undefined) return { code: "NoSuchUpload" };
    for (const part of there.parts.values()) for (const id of part.extents) this.garbage.add(id);
    this.uploads.delete(upload);
    return {};
  }

  complete(upload: string, key: string, numbers: readonly number[], label: string, etag: string): Outcome {
    const there = this.uploads.get(upload);
    if (there === undefined) return this.newest(key)?.upload === upload ? {} : { code: "NoSuchUpload" };
    if (numbers.length === 0) return { code: "MalformedXML" };
    for (const [at, number] of numbers.entries()) {
      if (at > 0 && number <= (numbers[at - 1] ?? 0)) return { code: "InvalidPartOrder" };
      if (!there.parts.has(number)) return { code: "InvalidPart" };
    }
    const parts = numbers.map((number) => there.parts.get(number)).filter((part) => part !== undefined);
    if (parts.slice(0, -1).some((part) => part.size < partMin)) return { code: "EntityTooSmall" };
    for (const [number, part] of there.parts)
      if (!numbers.includes(number)) for (const id of part.extents) this.garbage.add(id);
    this.uploads.delete(upload);
    return this.put(there.key, label, {
      etag,
      size: parts.reduce((sum, part) => sum + part.size, 0),
      extents: parts.flatMap((part) => part.extents),
      bodies: parts.map((part) => part.body),
      upload,
    });
  }

  newest(key: string): OracleVersion | undefined {
    return this.objects.get(key)?.[0];
  }
  find(key: string, id: string): OracleVersion | undefined {
    return this.objects.get(key)?.find((version) => version.id === id);
  }

  /** Every version, by the bytes of its key, the newest first. */
  all(): readonly OracleVersion[] {
    return [...this.objects.keys()].toSorted(byBytes).flatMap((key) => this.objects.get(key) ?? []);
  }

  /** What a list shows: newest versions that are objects, grouped. */
  listed({ prefix, delimiter }: Pick<ListPage, "prefix" | "delimiter">): readonly string[] {
    return grouped(
      this.all()
        .filter((version) => this.newest(version.key) === version && !version.isMarker)
        .map(({ key }) => key),
      prefix,
      delimiter,
    );
  }

  #add(version: OracleVersion): void {
    const versions = this.objects.get(version.key) ?? [];
    const replaced = version.id === "null" ? versions.find(({ id }) => id === "null") : undefined;
    if (replaced !== undefined) this.#drop(replaced);
    this.objects.set(version.key, [version, ...(this.objects.get(version.key) ?? [])]);
  }

  #drop(version: OracleVersion): void {
    const rest = (this.objects.get(version.key) ?? []).filter((other) => other !== version);
    for (const id of version.extents) this.garbage.add(id);
    if (rest.length === 0) this.objects.delete(version.key);
    else this.objects.set(version.key, rest);
  }
}

/** Keys below a prefix, those with the delimiter behind it as their common prefix, once. */
export function grouped(keys: readonly string[], prefix: string, delimiter: string): readonly string[] {
  const names = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return at < 0 ? key : key.slice(0, at + delimiter.length);
    });
  return [...new Set(names)].toSorted(byBytes);
}

export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function nameOfEntry(entry: ListEntry): string {
  return entry.type === "prefix" ? entry.prefix : entry.key;
}
