import { systemActor } from "#api/actor.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { Operation } from "#api/records.ts";
import type { MachineProcess, Part } from "#api/system.ts";
import { assert } from "#lib/assert.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { startAuditVerification } from "#control/audit/verify.ts";
import { createAuth, type Auth } from "#control/auth/auth.ts";
import { authLimits, type AuthLimits } from "#control/auth/limits.ts";
import { Memberships } from "#control/auth/memberships.ts";
import type { OidcProviderConfig } from "#control/auth/oidc-config.ts";
import { localPrincipal } from "#control/auth/principals.ts";
import type { SignInLink } from "#control/auth/users.ts";
import { createFactsCache } from "#control/machine/facts.ts";
import type { HostProbe } from "#control/machine/host-probe.ts";
import { machineName } from "#control/machine/machine-name.ts";
import { startMachineProbe } from "#control/machine/probe-operation.ts";
import { createProcessTable } from "#control/machine/process-table.ts";
import { createSampler } from "#control/machine/sampler.ts";
import { createMetrics } from "#control/metrics.ts";
import { createOperations, type Operations } from "#control/operations/operations.ts";
import type { ReconcilerDriver } from "#control/reconcile/driver.ts";
import { createApiServer, type ApiServer } from "#server/server.ts";
import type { ServerLimits } from "#server/limits.ts";
import { servedRoutes } from "#server/routes.ts";
import type { RequestFacts } from "#server/handler.ts";
import { signInFrom } from "#server/handlers/sign-in.ts";
import { createAccounts } from "#store/accounts/create-accounts.ts";
import { openPostgresStore, type PostgresStore } from "#store/postgres/open.ts";
import { startDrivers } from "./drivers.ts";

export interface ControlPlaneOptions {
  readonly databaseUrl: string;
  readonly kinds: KindRegistry;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly hosts: readonly string[];
  readonly consoleDirectory?: string;
  readonly version: string;
  /** Name of the data center, for people. */
  readonly name: string;
  /** Unique for each run of a process. */
  readonly holder: string;
  readonly hostname: string;
  readonly host: HostProbe;
  readonly oidc: readonly OidcProviderConfig[];
  readonly supervisor: SupervisorPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Tests only. */
  readonly checkAnswers?: boolean;
  readonly serverLimits?: Partial<ServerLimits>;
  readonly authLimits?: Partial<AuthLimits>;
}

/** What control asks of the supervisor that started it. */
export interface SupervisorPort {
  parts(): Promise<readonly Part[]>;
  /** Throws `not-found` and `unavailable`. */
  restart(part: string): Promise<void>;
}

/** The control process without its process: store, auth, reconcilers, operations and the server, in one lifetime. */
export interface ControlPlane extends AsyncDisposable {
  readonly store: PostgresStore;
  readonly auth: Auth;
  readonly operations: Operations;
  readonly server: ApiServer;
  /** `http://127.0.0.1:8440`; known once `listen` has resolved. */
  readonly url: () => string;
  listen(): Promise<void>;
  listenLocal(path: string): Promise<void>;
  /** A link for the first administrator while nobody can sign in as an owner. */
  firstSignIn(): Promise<SignInLink | undefined>;
  /** Ends streams, drains requests, gives leases up, closes the store. Safe twice. */
  stop(): Promise<void>;
}

/** Opens everything in the order in which it is needed; nothing listens yet. Throws what stops it, and leaves nothing open. */
export async function openControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { kinds, clock, random, log, holder } = options;
  const startedAt = isoTime(clock.now());
  await using opening = new AsyncDisposableStack();
  const common = { clock, random, log };
  const store = opening.use(await openPostgresStore({ url: options.databaseUrl, kinds, ...common }));
  const limits = { ...authLimits, ...options.authLimits };
  const memberships = opening.use(new Memberships({ store, limits, ...common }));
  memberships.start();
  await memberships.seen(0);

  let address: string | undefined;
  const url = () => {
    assert(address !== undefined, "the address is asked for once it is known");
    return address;
  };
  const { oidc } = options;
  const accounts = createAccounts(store);
  const auth = createAuth({ accounts, projects: memberships, publicUrl: url, oidc, limits, ...common });

  const drivers: ReconcilerDriver[] = [];
  const sampler = opening.use(createSampler({ host: options.host, clock, log }));
  const metrics = createMetrics({
    sources: {
      store: async () => await store.numbers(),
      drivers: () => drivers,
      operationsRunning: () => operations.running,
      samplesDropped: () => sampler.dropped,
    },
    version: options.version,
    clock,
    log,
  });
  const onEnd = (operation: Operation) => metrics.operationEnded(operation);
  const operations = opening.use(createOperations({ ...common, ...store, holder, onEnd }));
  await operations.open();

  const name = machineName(options.hostname);
  const facts = createFactsCache({ host: options.host, clock });
  const started = startDrivers({ ...common, store, kinds, holder, auth, metrics, facts, machine: name });
  drivers.push(...started.all);
  opening.defer(async () => void (await Promise.all(drivers.map((driver) => driver.stop()))));
  sampler.start();

  const table = createProcessTable({ host: options.host, clock });
  const routes = servedRoutes(
    {
      kinds,
      store,
      auth,
      operations,
      metrics,
      clock,
      rolesChanged: (resource, removed) => memberships.applyLocal(resource, removed),
      rolesSeen: (revision) => memberships.seen(revision),
      verifyAudit: (by) => startAuditVerification(by, { audit: store.audit, operations }),
      dataCenter: options.name,
      version: options.version,
      machine: {
        name,
        history: () => sampler.history(),
        stream: (signal) => sampler.stream(signal),
        processes: async (limit, signal) => await withParts(table.read(limit, signal), options.supervisor),
        probe: (by) =>
          startMachineProbe(name, by, {
            operations,
            host: options.host,
            facts,
            wake: () => started.machine.wake(),
          }),
      },
      system: {
        read: async () => {
          const [head, leases, parts] = await Promise.all([
            store.feed.head(),
            store.leases.list(),
            options.supervisor.parts(),
          ]);
          return {
            name: options.name,
            version: options.version,
            startedAt,
            revision: head.revision,
            compactedRevision: head.compacted,
            parts: [...parts],
            leases: [...leases],
            reconcilers: drivers.map((driver) => driver.status()),
          };
        },
        restartPart: (part) => options.supervisor.restart(part),
      },
    },
    options.tls !== undefined,
  );
  const server = opening.use(
    await createApiServer({
      ...common,
      routes,
      authenticate: authenticator(auth),
      observe: (request) => metrics.observeRequest(request),
      listen: options.listen,
      hosts: options.hosts,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.consoleDirectory === undefined ? {} : { consoleDirectory: options.consoleDirectory }),
      ...(options.checkAnswers === undefined ? {} : { checkAnswers: options.checkAnswers }),
      ...(options.serverLimits === undefined ? {} : { limits: options.serverLimits }),
    }),
  );
  const lifetime = opening.move();
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    // Operations are interrupted while requests drain: both have only the few seconds that a supervisor waits.
    await Promise.all([server.stop(), operations.stop()]);
    await lifetime.disposeAsync();
  };
  return {
    store,
    auth,
    operations,
    server,
    url,
    listen: async () => {
      const port = await server.listen();
      address = `${options.tls === undefined ? "http" : "https"}://${shownHost(options)}:${port}`;
    },
    listenLocal: (path) => server.listenLocal(path),
    firstSignIn: () => auth.ensureFirstAdministrator({ actor: systemActor("control") }),
    stop: () => (stopping ??= stop()),
    [Symbol.asyncDispose]: () => (stopping ??= stop()),
  };
}

/** Credentials that were named win over the socket: who sends a token over it wants to be that token's user. */
function authenticator(auth: Auth) {
  const local = localPrincipal(process.getuid?.() ?? 0);
  return async (facts: RequestFacts) => {
    if (facts.isLocal && facts.bearer === undefined) return local;
    const { address } = signInFrom(facts);
    return await auth.authenticate({ sessionSecret: facts.sessionSecret, bearer: facts.bearer, address });
  };
}

/** A name that a browser can open: nobody can open "every address". */
function shownHost({ listen, hosts, hostname }: ControlPlaneOptions): string {
  const isEverywhere = listen.host === "0.0.0.0" || listen.host === "::";
  const host = isEverywhere ? (hosts[0] ?? hostname) : listen.host;
  return host.includes(":") ? `[${host}]` : host;
}

async function withParts(
  table: Promise<readonly MachineProcess[]>,
  supervisor: SupervisorPort,
): Promise<readonly MachineProcess[]> {
  const [processes, parts] = await Promise.all([table, supervisor.parts()]);
  const names = new Map(parts.flatMap((part) => (part.pid === undefined ? [] : [[part.pid, part.name]])));
  return processes.map((one) => {
    const part = names.get(one.pid);
    return part === undefined ? one : { ...one, part };
  });
}
