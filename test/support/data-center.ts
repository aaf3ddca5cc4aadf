import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Client } from "#api/client.ts";
import type { KindDefinition } from "#api/kind.ts";
import { projectKind, projectSpecSchema } from "#api/kinds/project.ts";
import { kindRegistry, kinds } from "#api/kinds.ts";
import type { Role } from "#api/access.ts";
import { systemActor } from "#api/actor.ts";
import { systemClock, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import { silentLog, type Log } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import type { AuthLimits } from "#control/auth/limits.ts";
import type { HostProbe } from "#control/machine/host-probe.ts";
import type { OidcProviderConfig } from "#control/auth/oidc-config.ts";
import {
  openControlPlane,
  type ControlPlane,
  type ControlPlaneOptions,
  type SupervisorPort,
} from "#main/control/control-plane.ts";
import { hostProbe } from "#main/control/host.ts";
import type { ObjectStoreHere } from "#objects/control/ports.ts";
import type { ServerLimits } from "#server/limits.ts";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { createTestDatabase } from "#test/support/database.ts";

export interface DataCenterOptions {
  /** Beside the product's kinds. */
  readonly kinds?: readonly KindDefinition[];
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly hosts?: readonly string[];
  readonly consoleDirectory?: string;
  /** A free one when absent; given to come back at the same address. */
  readonly port?: number;
  readonly oidc?: readonly OidcProviderConfig[];
  readonly clock?: Clock;
  readonly log?: Log;
  /** A quick look when absent; `hostProbe` looks at everything. */
  readonly host?: HostProbe;
  readonly supervisor?: SupervisorPort;
  /** None when absent. */
  readonly objects?: ObjectStoreHere;
  readonly serverLimits?: Partial<ServerLimits>;
  readonly authLimits?: Partial<AuthLimits>;
  /** Answers are checked against their schemas unless this says no; benchmarks do. */
  readonly checkAnswers?: boolean;
  /** A database that stays; a fresh one when absent. */
  readonly databaseUrl?: string;
}

/** A user made for a test, with a client that acts for it. */
export interface TestUser {
  readonly name: string;
  readonly password: string;
  /** An API token without limits. */
  readonly token: string;
  readonly client: Client;
}

export interface TestDataCenter extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly url: string;
  readonly socketPath: string;
  /** Owner, over the control socket. */
  readonly local: Client;
  /** With these headers and no others, over TCP. */
  client(headers?: Readonly<Record<string, string>>): Client;
  withToken(token: string): Client;
  /** Makes a user with a password and a token; `projects` must exist, and it becomes a member of them. */
  user(
    name: string,
    rights?: { readonly owner?: boolean; readonly projects?: Readonly<Record<string, Role>> },
  ): Promise<TestUser>;
  stop(): Promise<void>;
}

const testPassword = "correct horse battery staple";
const timeoutMs = 20_000;

/** The whole control plane in this process: a database of its own, real sockets, port 0. */
export async function startDataCenter(options: DataCenterOptions = {}): Promise<TestDataCenter> {
  await using starting = new AsyncDisposableStack();
  const database = options.databaseUrl === undefined ? starting.use(await createTestDatabase()) : undefined;
  const folder = mkdtempSync(join(tmpdir(), "vdc-dc-"));
  starting.defer(() => rmSync(folder, { recursive: true, force: true }));
  const clock = options.clock ?? systemClock;
  const databaseUrl = options.databaseUrl ?? database?.url ?? "";
  const plane = starting.use(await openControlPlane(planeOptions(options, { databaseUrl, folder }, clock)));
  const socketPath = join(folder, "control.sock");
  await plane.listenLocal(socketPath);
  await plane.listen();
  const url = plane.url();
  const client = (headers: Readonly<Record<string, string>> = {}) =>
    createClient({ baseUrl: url, fetch, headers: () => headers, timeoutMs });
  const overSocket = boundFetch({ via: "unix-socket", path: socketPath }, { idleMs: timeoutMs });
  starting.defer(() => overSocket.close());
  const local = createClient({ baseUrl: "http://localhost", fetch: overSocket.fetch, timeoutMs });
  const withToken = (token: string) => client({ authorization: `Bearer ${token}` });
  const lifetime = starting.move();
  return {
    plane,
    url,
    socketPath,
    local,
    client,
    withToken,
    user: async (name, rights = {}) => {
      const { users } = plane.auth;
      const by = { actor: systemActor("test") };
      await users.create({ name, title: "", owner: rights.owner ?? false }, by);
      const { secret } = await users.createLink(name, by);
      const session = await plane.auth.withLink(secret, { address: "test" });
      await plane.auth.account.changePassword(
        session.principal,
        { password: testPassword },
        { address: "test" },
      );
      const wanted = { name: "test", expiresInSeconds: 3600 };
      const made = await plane.auth.tokens.create(session.principal, wanted, by);
      for (const [project, role] of Object.entries(rights.projects ?? {}))
        await addMember(local, project, name, role);
      return { name, password: testPassword, token: made.secret, client: withToken(made.secret) };
    },
    stop: () => lifetime.disposeAsync(),
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  };
}

function planeOptions(
  options: DataCenterOptions,
  at: { readonly databaseUrl: string; readonly folder: string },
  clock: Clock,
): ControlPlaneOptions {
  return {
    databaseUrl: at.databaseUrl,
    dataDirectory: at.folder,
    kinds: kindRegistry([...kinds.values(), ...(options.kinds ?? [])]),
    listen: { host: "127.0.0.1", port: options.port ?? 0 },
    hosts: options.hosts ?? [],
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.consoleDirectory === undefined ? {} : { consoleDirectory: options.consoleDirectory }),
    version: "0.0.0-test",
    name: "test",
    hostname: "test-host",
    holder: newId("process", clock, systemRandom),
    host: options.host ?? quickHost(clock),
    oidc: options.oidc ?? [],
    supervisor: options.supervisor ?? {
      parts: () => Promise.resolve([]),
      restart: () => Promise.resolve(),
    },
    ...(options.objects === undefined ? {} : { objects: options.objects }),
    clock,
    random: systemRandom,
    log: options.log ?? silentLog,
    checkAnswers: options.checkAnswers ?? true,
    ...(options.serverLimits === undefined ? {} : { serverLimits: options.serverLimits }),
    ...(options.authLimits === undefined ? {} : { authLimits: options.authLimits }),
  };
}

/** This host, without the trials and versions of programs, which cost a third of a second. */
function quickHost(clock: Clock): HostProbe {
  const look = () => Promise.resolve({ hostname: hostname(), cores: availableParallelism() });
  return { ...hostProbe(clock), groups: [{ name: "cores", look }] };
}

/** By the public API, as an owner would. */
async function addMember(owner: Client, project: string, user: string, role: Role): Promise<void> {
  const { spec } = await owner.get(projectKind, { name: project });
  const { members } = projectSpecSchema.parse(spec);
  const others = members.filter((member) => member.user !== user);
  await owner.patch(projectKind, { name: project }, { spec: { members: [...others, { user, role }] } });
}
