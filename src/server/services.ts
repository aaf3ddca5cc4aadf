import type { KindRegistry } from "#api/kinds.ts";
import type { Attribution } from "#api/actor.ts";
import type { Resource } from "#api/resource.ts";
import type { Operation } from "#api/records.ts";
import type { MachineProcess, MachineSample, System } from "#api/system.ts";
import type { Clock } from "#lib/clock.ts";
import type { Auth } from "#control/auth/auth.ts";
import type { Operations } from "#control/operations/operations.ts";
import type { Store } from "#store/store.ts";
import type { BurstMoneyService } from "./burst-money-services.ts";
import type { IncidentsService } from "./incident-services.ts";
import type { BurstService } from "./burst-services.ts";
import type { ObjectsService } from "./object-services.ts";
import type { AppsService, PackagesService, SecretsService, TrafficService } from "./app-services.ts";

/** What the handlers serve from. `src/main` puts it together. */
export interface Services {
  readonly kinds: KindRegistry;
  readonly store: Store & { ping(): Promise<void> };
  readonly auth: Auth;
  /** Takes the members of a written project at once; other kinds are none of its business. */
  readonly rolesChanged: (resource: Resource, removed: boolean) => void;
  /** Resolves when roles are at least as new as this revision. */
  readonly rolesSeen: (revision: number) => Promise<void>;
  readonly operations: Operations;
  readonly machine: MachineService;
  readonly system: SystemService;
  readonly apps: AppsService;
  readonly packages: PackagesService;
  readonly secrets: SecretsService;
  readonly traffic: TrafficService;
  readonly objects: ObjectsService;
  readonly burst: BurstService;
  readonly incidents: IncidentsService;
  readonly burstMoney: BurstMoneyService;
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  /** Begins the operation that checks the whole audit chain. */
  readonly verifyAudit: (by: Attribution) => Promise<Operation>;
  /** Name of the data center, for people. */
  readonly dataCenter: string;
  readonly version: string;
  readonly clock: Clock;
}

/** This host. */
export interface MachineService {
  readonly name: string;
  history(): readonly MachineSample[];
  stream(signal: AbortSignal): AsyncIterable<MachineSample>;
  /** Those that use most of what is asked for, most first. */
  processes(
    query: { readonly sort: "cpu" | "memory"; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly MachineProcess[]>;
  probe(by: Attribution): Promise<Operation>;
}

export interface SystemService {
  read(): Promise<System>;
  /** Throws `not-found` for a part that does not exist, `unavailable` without a supervisor. */
  restartPart(part: string, by: Attribution): Promise<void>;
}
