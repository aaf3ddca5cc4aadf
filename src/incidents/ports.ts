import type { Subscriber } from "#api/incidents.ts";
import type { Email } from "./channels/message.ts";

/** What the status process needs of the machine; `src/main/status` fills it. */
export interface StatusPorts {
  readonly documents: Documents;
  readonly send: Senders;
  /** Replaces what fronts and another web server read: files by path. Must not throw. */
  readonly publish: (files: ReadonlyMap<string, string>) => Promise<void>;
}

/** A small store of its own: JSON by kind and id. What was written is durable when it returns. */
export interface Documents {
  all(kind: string): readonly { readonly id: string; readonly body: string }[];
  /** All or nothing; an absent body removes. */
  write(changes: readonly { readonly kind: string; readonly id: string; readonly body?: string }[]): void;
}

/** Resolves also when the other side refuses; never rejects. Bounded in time. */
export interface Senders {
  email(email: Email): Promise<Outcome>;
  webhook(message: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }): Promise<Outcome>;
  push(channel: Extract<Subscriber["channel"], { type: "web-push" }>, payload: string): Promise<Outcome>;
}

export interface Outcome {
  readonly ok: boolean;
  /** Trying again would not help: the address is gone. */
  readonly permanent?: boolean;
  /** What the other side said, in short. */
  readonly answer: string;
}
