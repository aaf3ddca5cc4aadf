import type { Incident, Receipt, Report, Subscriber } from "#api/incidents.ts";
import type { Attribution } from "#api/actor.ts";
import type { Outcome } from "#incidents/ports.ts";

/** The status process, as control meets it. Everything rejects with `unavailable` when it does not answer. */
export interface StatusHere {
  report(report: Report): Promise<void>;
  leave(from: string): Promise<void>;
  setSubscribers(list: readonly Subscriber[]): Promise<void>;
  incidents(): Promise<readonly Incident[]>;
  receipts(filter: { readonly project?: string; readonly incident?: string }): Promise<readonly Receipt[]>;
  /** Of one project, or the public one. */
  page(project?: string): Promise<string>;
  say(said: SaidByHand): Promise<Incident | undefined>;
  test(subscription: string): Promise<Outcome | undefined>;
}

export interface SaidByHand {
  readonly id?: string;
  readonly incident: Pick<Incident, "title" | "component" | "effects" | "impact" | "status" | "affected">;
  readonly text: string;
}

/** Where secrets of projects are kept. */
export interface SecretsHere {
  read(project: string, name: string): Promise<{ readonly value: string } | undefined>;
  set(
    secret: {
      readonly project: string;
      readonly name: string;
      readonly value: string;
      readonly description?: string;
    },
    by: Attribution,
  ): Promise<number>;
}
