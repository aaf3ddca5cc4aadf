import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { KindRegistry } from "#api/kinds.ts";
import type { Part } from "#api/system.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Auth } from "#control/auth/auth.ts";
import type { AuthLimits } from "#control/auth/limits.ts";
import type { OidcProviderConfig } from "#control/auth/oidc-config.ts";
import { localPrincipal } from "#control/auth/principals.ts";
import type { SignInLink } from "#control/auth/users.ts";
import type { HostProbe } from "#control/machine/host-probe.ts";
import type { Operations } from "#control/operations/operations.ts";
import type { RequestFacts } from "#server/handler.ts";
import { signInFrom } from "#server/handlers/sign-in.ts";
import type { ServerLimits } from "#server/limits.ts";
import type { ServerSettings } from "#server/ports.ts";
import { servedRoutes } from "#server/routes.ts";
import { createApiServer, type ApiServer } from "#server/server.ts";
import type { StatusHere } from "#incidents/control/ports.ts";
import type { ObjectStoreHere } from "#objects/control/ports.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import { openHouse, type House } from "./house.ts";
import { installSamples, type Sample, type SampleOptions } from "./sample-app.ts";
import { servicesOf } from "./services.ts";
import type { GatewaysHere } from "./traffic.ts";

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
  /** Holder of the process before this one, which has ended: what it left behind is taken over at once. */
  readonly predecessor?: string | undefined;
  readonly hostname: string;
  readonly host: HostProbe;
  readonly oidc: readonly OidcProviderConfig[];
  readonly supervisor: SupervisorPort;
  /** Absent when this machine has none. */
  readonly gateways?: GatewaysHere;
  /** Where packages, volumes, instances and backups are kept; absent: no apps. */
  readonly dataDirectory?: string;
  /** The object store, as control reaches it; absent: there is none. */
  readonly objects?: ObjectStoreHere;
  /** The status process; absent where there is none. */
  readonly status?: StatusHere;
  /** Made when nothing was ever written to the database. */
  readonly firstProject?: {
    readonly name: string;
    readonly title: string;
    readonly samples?: readonly string[];
  };
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
  /** Installs the sample apps of these folders, while the first project waits for them; says where each will answer. */
  installSamples(project: string, folders: readonly string[]): Promise<readonly Sample[]>;
  /** Ends streams, drains requests, gives leases up, closes the store. Safe twice. */
  stop(): Promise<void>;
}

/** Opens everything in the order in which it is needed; nothing listens yet. Throws what stops it, and leaves nothing open. */
export async function openControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  await using opening = new AsyncDisposableStack();
  let address: string | undefined;
  const url = () => {
    // Instances may be started before the first address is known; they are tried again.
    if (address === undefined) throw new VdcError("unavailable", "The data center does not listen yet.");
    return address;
  };
  const house = await openHouse(options, url, opening);
  const { store, auth, operations } = house;
  const server = opening.use(await createApiServer(serverSettings(options, house)));
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
    installSamples: async (project, folders) => {
      const packages = house.apps?.packages;
      if (packages === undefined) return [];
      const { clock, log } = options;
      const withBuckets = options.objects !== undefined;
      const admitFolder: SampleOptions["admitFolder"] = async (name, folder, by) =>
        await house.burst.admitFolder(name, folder, by);
      const here = { resources: store.resources, packages, operations, withBuckets, admitFolder, clock, log };
      return await installSamples(project, folders, here);
    },
    stop: () => (stopping ??= stop()),
    [Symbol.asyncDispose]: () => (stopping ??= stop()),
  };
}

function serverSettings(options: ControlPlaneOptions, house: House): ServerSettings {
  const { listen, hosts, tls, consoleDirectory, objects, checkAnswers, clock, random, log } = options;
  return {
    routes: servedRoutes(servicesOf(house, options), tls !== undefined),
    authenticate: authenticator(house.auth),
    observe: (request) => house.metrics.observeRequest(request),
    listen,
    hosts,
    clock,
    random,
    log,
    ...(tls === undefined ? {} : { tls }),
    ...(consoleDirectory === undefined ? {} : { consoleDirectory }),
    ...(objects === undefined ? {} : { objectOrigin: new URL(objects.endpoint).origin }),
    ...(checkAnswers === undefined ? {} : { checkAnswers }),
    ...(options.serverLimits === undefined ? {} : { limits: options.serverLimits }),
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
