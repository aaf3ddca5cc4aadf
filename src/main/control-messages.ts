/** What control tells the supervisor over its channel, and why. Plain types: the supervisor loads no validator. */

export interface ReadyMessage {
  readonly type: "ready";
  /** Address of the console, such as `http://127.0.0.1:8440`. */
  readonly url: string;
  /** One-time sign-in link of the first administrator; only while there is no user yet. A secret: never logged. */
  readonly signInLink?: string;
  /** Sample apps that are being installed. */
  readonly samples?: readonly {
    readonly name: string;
    readonly url?: string | undefined;
    readonly isBuilt: boolean;
  }[];
  /** SHA-256 of a self-signed certificate, as browsers show it. */
  readonly certificateFingerprint?: string;
  /** Further facts for the ready line, such as `3 migrations`. */
  readonly notes?: readonly string[];
}

export interface FailedMessage {
  readonly type: "failed";
  /** From the error table. */
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export type ControlMessage = ReadyMessage | FailedMessage;

/** The channel is ours, but a part that is half written may send anything: what has another form is ignored. */
export function readControlMessage(message: unknown): ControlMessage | undefined {
  if (message === null || typeof message !== "object") return undefined;
  const fields = message as Readonly<Record<string, unknown>>; // any object can be read by key
  const text = (key: string) => typeof fields[key] === "string";
  const isReady = fields["type"] === "ready" && text("url");
  const isFailed = fields["type"] === "failed" && text("code") && text("message") && text("remedy");
  return isReady || isFailed ? (message as ControlMessage) : undefined; // checked on the line above
}
