import { AsyncLocalStorage } from "node:async_hooks";
import { Agent, get } from "node:https";
import { Client, axios, crypto } from "acme-client";

export interface AcmeOrder {
  /** https address of the authority's directory. */
  readonly directory: string;
  readonly email: string | undefined;
  /** PEM of the authority that the directory's own TLS is checked with; undefined: those of Node. */
  readonly trust: string | undefined;
  /** DNS names without wildcards. */
  readonly hosts: readonly string[];
  readonly account: AcmeAccount;
  /** Resolves when the answers can be had on port 80 of each host, at /.well-known/acme-challenge/TOKEN. */
  readonly serve: (challenges: readonly AcmeChallenge[]) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface AcmeAccount {
  /** PEM. */
  readonly key: string;
  /** As the authority named it; undefined before the first order. */
  readonly url: string | undefined;
}

export interface AcmeChallenge {
  readonly host: string;
  readonly token: string;
  readonly answer: string;
}

export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly accountUrl: string;
}

/** The authority refused, in its own words (RFC 8555 section 6.7). */
export class AcmeError extends Error {
  override readonly name = "AcmeError";
  /** Such as `rateLimited`; empty when the authority could not be asked. */
  readonly type: string;

  constructor(message: string, type: string, cause: unknown) {
    super(message, { cause });
    this.type = type;
  }
}

const requestTimeoutMs = 20_000;
const maxAnswerBytes = 1_048_576;
const polling = { backoffAttempts: 12, backoffMin: 250, backoffMax: 5_000 };

/** Each order's own settings for every request that is made on its behalf. */
const current = new AsyncLocalStorage<{ readonly agent: Agent; readonly signal: AbortSignal }>();
let isPrepared = false;

export async function newAccountKey(): Promise<string> {
  return (await crypto.createPrivateEcdsaKey("P-256")).toString();
}

/** Orders a certificate with a new key, and waits for it. Throws `AcmeError`, or the signal's reason. */
export async function issueByAcme(order: AcmeOrder): Promise<Issued> {
  prepare();
  const { signal, trust } = order;
  signal.throwIfAborted();
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ...(trust === undefined ? {} : { ca: trust }) });
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason as Error); // whatever it is, it says why
  signal.addEventListener("abort", abort, { once: true });
  try {
    await reach(order.directory, agent, signal);
    return await Promise.race([current.run({ agent, signal }, () => run(order)), aborted.promise]);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AcmeError ? error : asAcmeError(error);
  } finally {
    signal.removeEventListener("abort", abort);
    agent.destroy();
  }
}

async function run(order: AcmeOrder): Promise<Issued> {
  const { account, email, hosts, signal } = order;
  const client = new Client({
    directoryUrl: order.directory,
    accountKey: account.key,
    ...(account.url === undefined ? {} : { accountUrl: account.url }),
    ...polling,
  });
  const contact = email === undefined ? {} : { contact: [`mailto:${email}`] };
  if (account.url === undefined) await client.createAccount({ termsOfServiceAgreed: true, ...contact });
  const identifiers = hosts.map((value) => ({ type: "dns", value }));
  const placed = await client.createOrder({ identifiers });
  const pending = (await client.getAuthorizations(placed)).filter(({ status }) => status === "pending");
  const challenges = await Promise.all(
    pending.map(async ({ identifier, challenges: offered }) => {
      const challenge = offered.find(({ type }) => type === "http-01");
      if (challenge === undefined)
        throw new AcmeError(`The authority offers no HTTP challenge for ${identifier.value}.`, "", undefined);
      const answer = await client.getChallengeKeyAuthorization(challenge);
      return { challenge, served: { host: identifier.value, token: challenge.token, answer } };
    }),
  );
  await order.serve(challenges.map(({ served }) => served)).catch((error: unknown) => {
    throw new AcmeError(error instanceof Error ? error.message : String(error), "", error);
  });
  for (const { challenge } of challenges) await client.completeChallenge(challenge);
  for (const { challenge } of challenges) {
    signal.throwIfAborted();
    await client.waitForValidStatus(challenge);
  }
  const [key, request] = await crypto.createCsr(
    { altNames: [...hosts] },
    await crypto.createPrivateEcdsaKey("P-256"),
  );
  const done = await client.finalizeOrder(placed, request);
  const cert = await client.getCertificate(done);
  return { cert, key: key.toString(), accountUrl: client.getAccountUrl() };
}

/** The library hides why a server cannot be reached behind an error of its own, so the first look is ours. */
async function reach(directory: string, agent: Agent, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = get(directory, { agent, signal, timeout: requestTimeoutMs }, (response) => {
    response.resume();
    const { statusCode } = response;
    if (statusCode === 200) resolve();
    else reject(new AcmeError(`There is no directory at ${directory}: status ${statusCode}.`, "", undefined));
  });
  request.on("timeout", () => request.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
  request.on("error", reject);
  await promise;
}

/** The library has one HTTP client for all orders; what differs between them travels with the asynchronous context. */
function prepare(): void {
  if (isPrepared) return;
  isPrepared = true;
  const { defaults, interceptors } = axios;
  // Whoever keeps the certificate true is the retry; a hidden one would only make the rate limits come sooner.
  Object.assign(defaults, { acmeSettings: { retryMaxAttempts: 0, retryDefaultDelay: 1 } });
  interceptors.request.use((config) => {
    const own = current.getStore();
    if (own === undefined) throw new Error("a request belongs to an order");
    if (new URL(config.url ?? "").protocol !== "https:")
      throw new AcmeError("The authority names an address that is not https.", "", undefined);
    config.httpsAgent = own.agent;
    config.signal = own.signal;
    config.timeout = requestTimeoutMs;
    config.maxRedirects = 0;
    config.maxContentLength = maxAnswerBytes;
    config.proxy = false;
    return config;
  });
}

/** The library throws the authority's detail as a message, with its type nowhere; or an error of axios or of the system. */
function asAcmeError(error: unknown): AcmeError {
  const { message, code, response } = (error ?? {}) as {
    readonly message?: unknown;
    readonly code?: unknown;
    readonly response?: { readonly status?: unknown };
  }; // any thrown thing can be asked
  const text = typeof message === "string" ? message : String(error);
  if (error instanceof TypeError) return new AcmeError("The authority could not be reached.", "", error);
  if (typeof code === "string" && response === undefined && !code.startsWith("ERR_BAD"))
    return new AcmeError(`The authority cannot be reached: ${code}.`, "", error);
  const type = /rate ?limit|too many/i.test(text) || response?.status === 429 ? "rateLimited" : "refused";
  return new AcmeError(text, type, error);
}
