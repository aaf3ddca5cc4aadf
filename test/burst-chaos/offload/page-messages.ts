import type { WayName } from "#burst/choice/choose-way.ts";

/** What a page is started with. */
export interface PageWords {
  /** Of the control process, as it is named there. */
  readonly origin: string;
  /** From each origin of the data center to the one that leads there over the line. */
  readonly through: Readonly<Record<string, string>>;
  readonly token: string;
  /** Folder with `manifest.json` and the modules. */
  readonly kernels: string;
  /** Cores for tasks. */
  readonly cores: number;
  /** Of what it sends to learn its line. */
  readonly seed: string;
}

export type PageQuestion =
  | { readonly kind: "learn" }
  /** Go this way with a job of this seed, whose inputs are in the page, or only in the store. */
  | { readonly kind: "go"; readonly seed: string; readonly way: WayName; readonly isHere: boolean };

/** Bytes a second. */
export interface Rates {
  readonly uplink: number;
  readonly downlink: number;
}

export interface Told {
  readonly chosen: WayName;
  readonly reason: string;
  /** As estimated. */
  readonly seconds: Readonly<Record<WayName, number>>;
}

export type PageAnswer =
  | { readonly kind: "ready" }
  | ({ readonly kind: "rates" } & Rates)
  | {
      readonly kind: "went";
      readonly seconds: number;
      /** All results are there, and are what they must be. */
      readonly isRight: boolean;
      readonly choice: Told;
      readonly rates: Rates;
    }
  | { readonly kind: "failed"; readonly error: string };
