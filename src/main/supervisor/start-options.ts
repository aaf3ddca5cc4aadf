/** What `vdc up` was asked for, as the supervisor gets it: plain JSON on its command line, so never a secret. */
export interface UpOptions {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | "self-signed";
  /** Further host names that requests may name. */
  readonly hosts: readonly string[];
  /** Program of the control part; another one in tests. */
  readonly controlScript?: string;
}

/** What the supervisor tells whoever started it detached, over their channel. */
export type UpMessage =
  | { readonly type: "line"; readonly to: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "done"; readonly exit: number };
