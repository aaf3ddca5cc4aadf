/** What `vdc package` needs of this machine; filled in `src/main/cli-packages.ts`. Paths are as the person wrote them. */
export interface CliPackageTools {
  /** Writes the files that make a package of a folder; none that is there already. */
  init(folder: string): Promise<{ readonly written: readonly string[] }>;
  /** `out`: where the archive goes; absent: beside the person, as ID-VERSION.vdc.tar. */
  build(
    folder: string,
    options: { readonly out: string | undefined; readonly signal: AbortSignal },
  ): Promise<BuiltArchive>;
  /** Reads and checks a whole archive, and runs nothing of it. */
  inspect(file: string, signal: AbortSignal): Promise<PackageFacts>;
  /** Adds a signature to the archive. */
  sign(
    file: string,
    keyFile: string,
    signal: AbortSignal,
  ): Promise<{ readonly digest: string; readonly keyId: string }>;
  /** Makes a key pair: the private key in the file (0600), which must not be there yet. */
  keygen(file: string): Promise<{ readonly publicKey: string; readonly keyId: string }>;
}

export interface PackageFacts {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly components: readonly PackageComponent[];
  readonly settings: readonly {
    readonly name: string;
    readonly type: string;
    readonly required: boolean;
    readonly secret: boolean;
  }[];
  readonly routes: readonly { readonly name: string; readonly component: string; readonly path: string }[];
  readonly hooks: readonly string[];
  readonly licence: string | undefined;
  readonly libraries: readonly {
    readonly component: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
  }[];
  /** Right signatures, whoever made them. */
  readonly signedBy: readonly { readonly keyId: string; readonly publicKey: string }[];
  readonly entries: number;
  readonly unpackedBytes: number;
}

export interface PackageComponent {
  readonly name: string;
  readonly engines: readonly string[];
  readonly runtime: string;
  readonly command: readonly string[];
  readonly port: number | undefined;
  readonly volumes: readonly string[];
  readonly replicas: number;
}

export interface BuiltArchive {
  readonly file: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly id: string;
  readonly version: string;
  readonly layers: readonly { readonly component: string; readonly files: number; readonly bytes: number }[];
  /** Probably not wanted: secrets that are packed. */
  readonly warnings: readonly string[];
  /** How words of the Compose file were taken. */
  readonly notes: readonly string[];
}
