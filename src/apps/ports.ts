/**
 * What apps ask of the rest of the machine. `src/main` puts it together: apps and traffic do not know each other.
 */

/** What the gateways know of instances. Facts of the data plane: they change too often to be resources. */
export interface TrafficView {
  /**
   * By instance id. `draining` is true once every live gateway has stopped giving it new requests; then an
   * `inFlight` of 0 means that it may be stopped. With no gateway alive nothing is in flight.
   */
  instances(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, InstanceTraffic>>;
}

export interface InstanceTraffic {
  readonly draining: boolean;
  readonly inFlight: number;
  /** Upgraded connections among them. */
  readonly upgraded: number;
  /** Since the gateways first saw it. */
  readonly requests: number;
  readonly failures: number;
}

/** Files of packages, by digest; what lies there was verified when it was put there. */
export interface PackageFiles {
  /** Folder of an unpacked artifact. Throws `not-found` when it is not there or not whole. */
  artifact(digest: string): Promise<string>;
  /** A blob that is shown: an icon, a screenshot, a licence, the SBOM. */
  blob(
    digest: string,
    signal: AbortSignal,
  ): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }>;
  /** Removes what no package resource names any more. */
  removeUnused(inUse: ReadonlySet<string>): Promise<number>;
}

/** Folders of volumes, by the volume resource's id. */
export interface VolumeFiles {
  /** Makes it when it is not there; owned by the account of the app that asks first. */
  directory(volumeId: string, accountIndex: number): Promise<string>;
  usedBytes(volumeId: string, signal: AbortSignal): Promise<number>;
  /** Moves it out of the way, then deletes it. */
  remove(volumeId: string): Promise<void>;
}

/** Values of secrets. */
export interface SecretValues {
  /** The version asked for, or the newest; undefined when there is none. */
  read(
    project: string,
    name: string,
    version?: number,
  ): Promise<{ readonly version: number; readonly value: string } | undefined>;
}

/** The S3 service of this data center, as instances reach it. */
export interface S3Place {
  readonly endpoint: string;
  /** That clients sign with. */
  readonly region: string;
}

/** Free ports of this machine for instances. */
export interface PortNumbers {
  /** One of the range that nothing listens on and that is not in `taken`. `busy` when there is none. */
  free(taken: ReadonlySet<number>): Promise<number>;
}

/** The addresses that routes get when the user names none. */
export interface Addresses {
  /** `localhost`: routes without a host of their own are NAME.localhost. */
  readonly domain: string;
  /** `http://news.localhost:8080/` */
  url(host: string, path: string): string;
}
