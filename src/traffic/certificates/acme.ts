import { createHash } from "node:crypto";
import type { CertificateSpec } from "#api/kinds/certificate.ts";
import { VdcError } from "#api/errors.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import { isJsonObject } from "#lib/json.ts";
import type { Random } from "#lib/random.ts";
import type { Challenge, Certificate } from "../plan/facts.ts";
import { projectOf } from "../plan/facts.ts";
import type { PrivateFolder } from "./certificate-files.ts";
import type { Pem } from "./pem.ts";

export type AcmeIssuer = Extract<CertificateSpec["issuer"], { acme: unknown }>["acme"];

/** What issuing asks of the outside; `src/main` fills it from the driver. */
export interface AcmePorts {
  newAccountKey(): Promise<string>;
  /** Rejects with an error whose message is for people; its `type` is `rateLimited` when the authority wants to be left alone. */
  issue(order: {
    readonly directory: string;
    readonly email: string | undefined;
    readonly trust: string | undefined;
    readonly hosts: readonly string[];
    readonly account: { readonly key: string; readonly url: string | undefined };
    readonly serve: (challenges: readonly Challenge[]) => Promise<void>;
    readonly signal: AbortSignal;
  }): Promise<Pem & { readonly accountUrl: string }>;
  /** Keys of accounts, for this machine's eyes only. */
  readonly accounts: PrivateFolder;
  /** Whether every gateway of this machine answers these challenges. */
  answers(tokens: readonly string[]): boolean;
}

/** Authorities count failed orders by the hour; the fourth waits for one already. */
const refusals = { baseMs: 60_000, maxMs: 24 * 3_600_000 };
const rateLimitedMs = 3 * 3_600_000;
/** For the gateways to take a challenge. */
const answersWithinMs = 5_000;
const askEveryMs = 20;

/** Orders a certificate under the project's own account of that directory; the account is made with the first order. */
export async function orderByAcme(
  certificate: Certificate,
  issuer: AcmeIssuer,
  how: {
    readonly ports: AcmePorts;
    readonly clock: Clock;
    /** Publishes the challenges. */
    readonly publish: (challenges: readonly Challenge[]) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<Pem> {
  const { ports, clock, publish, signal } = how;
  if (!issuer.directory.startsWith("https://"))
    throw new VdcError("invalid", "the address of the authority's directory has to begin with https://");
  const name = accountName(projectOf(certificate), issuer);
  const account = (await readAccount(ports.accounts, name)) ?? {
    key: await ports.newAccountKey(),
    url: undefined,
  };
  // Kept before it is used: an account whose key is lost counts against a limit and is of no use.
  if (account.url === undefined) await ports.accounts.write(name, JSON.stringify({ key: account.key }));
  const { accountUrl, ...pem } = await ports.issue({
    directory: issuer.directory,
    email: issuer.email,
    trust: issuer.trust,
    hosts: certificate.spec.hosts,
    account,
    signal,
    serve: async (challenges) => {
      await publish(challenges);
      await served(ports, challenges, clock, signal);
    },
  });
  if (accountUrl !== account.url)
    await ports.accounts.write(name, JSON.stringify({ key: account.key, url: accountUrl }));
  return pem;
}

/** Why an order failed, for people, and how long to leave the authority alone. */
export function refusalOf(
  error: unknown,
  failuresBefore: number,
  random: Random,
): { readonly reason: string; readonly retryAfterMs: number } {
  const { message, type } = (error ?? {}) as { readonly message?: unknown; readonly type?: unknown }; // any thrown thing can be asked
  const usual = backoffMs(failuresBefore * 2, refusals, random);
  return {
    reason: typeof message === "string" ? message : String(error),
    retryAfterMs: type === "rateLimited" ? Math.max(rateLimitedMs, usual) : usual,
  };
}

async function served(
  ports: AcmePorts,
  challenges: readonly Challenge[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const tokens = challenges.map(({ token }) => token);
  const lastMs = clock.monotonic() + answersWithinMs;
  while (!ports.answers(tokens)) {
    if (clock.monotonic() > lastMs)
      throw new VdcError(
        "timeout",
        "no gateway took the challenge: another project has the host, or no gateway runs",
      );
    await clock.sleep(askEveryMs, signal);
  }
}

/** Projects share no account: what one is refused for must not stop another. */
function accountName(project: string, { directory, email }: AcmeIssuer): string {
  const owner = JSON.stringify([project, directory, email ?? ""]);
  return `${createHash("sha256").update(owner).digest("hex").slice(0, 32)}.json`;
}

async function readAccount(
  accounts: PrivateFolder,
  name: string,
): Promise<{ readonly key: string; readonly url: string | undefined } | undefined> {
  const text = await accounts.read(name);
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  if (!isJsonObject(value) || typeof value["key"] !== "string") return undefined;
  return { key: value["key"], url: typeof value["url"] === "string" ? value["url"] : undefined };
}
