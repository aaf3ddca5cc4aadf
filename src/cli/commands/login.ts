import { createClient, type Client } from "#api/client.ts";
import { VdcError } from "#api/errors.ts";
import { loadConfig, saveConfig, withContext, type Context } from "#cli/contexts/config.ts";
import { checkServer } from "#cli/contexts/check-server.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import type { CliPorts } from "#cli/ports.ts";
import { isSafeForSecrets } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const callTimeoutMs = 30_000;
const maxSecretBytes = 4096;

/**
 * `vdc login [URL]`: signs in by a one-time link, a password or a token, and keeps the result as a context.
 *
 * Invariant: no secret leaves before the server's certificate is vouched for, by an authority or by the person.
 */
export async function login(call: Call): Promise<void> {
  const ports = await call.io.ports();
  const config = await loadConfig(call.io, ports);
  const address = addressOf(call, config.contexts);
  if (!isSafeForSecrets(address.base))
    throw new UsageError(
      `${address.base} is not this machine and not https: a password would cross the network unprotected`,
      "use the https address",
    );
  const caFingerprint = await checkServer(call, ports, address.base);
  const bound = ports.bind(
    caFingerprint === undefined
      ? { via: "address" }
      : { via: "pinned-tls", sha256: caFingerprint.slice("sha256:".length) },
  );
  try {
    const make = (token?: string) =>
      createClient({
        baseUrl: address.base,
        fetch: bound.fetch,
        timeoutMs: callTimeoutMs,
        headers: () => (token === undefined ? {} : { authorization: `Bearer ${token}` }),
      });
    const token = await tokenFor(call, ports, make(), address.link);
    const me = await make(token).call(make().routes["auth.me"], { signal: call.io.signal });
    const context: Context = {
      name: call.flags.text("name") ?? contextName(address.base),
      url: address.base,
      user: me.name,
      token,
      ...(caFingerprint === undefined ? {} : { caFingerprint }),
    };
    await saveConfig(call.io, ports, { ...withContext(config, context), current: context.name });
    call.io.stderr(
      `signed in to ${address.base} as ${harmlessLine(me.name)}; context '${context.name}' is current\n`,
    );
    call.io.stderr("next: vdc get projects\n");
  } finally {
    bound.close();
  }
}

/** The data center's address, and the secret of a sign-in link when the address is one. */
function addressOf(
  call: Call,
  known: readonly Context[],
): { readonly base: string; readonly link: string | undefined } {
  const [given] = call.words;
  const named = known.find((context) => context.name === (given ?? call.flags.text("name")));
  const text = named?.url ?? given ?? known.find((context) => context.url !== undefined)?.url;
  if (text === undefined)
    throw new UsageError(
      "the address is missing",
      "this machine's own data center needs no sign-in: `vdc get projects`",
    );
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UsageError(`'${text.slice(0, 200)}' is not an http or https address`);
  const url = new URL(text);
  const link = new URLSearchParams(url.hash.slice(1)).get("link") ?? undefined;
  return { base: url.origin, link };
}

async function tokenFor(
  call: Call,
  ports: CliPorts,
  client: Client,
  link: string | undefined,
): Promise<string> {
  const { io, flags } = call;
  if (flags.has("token")) return secretInput(call, "Token: ");
  const user = link === undefined ? (flags.text("user") ?? (await askUser(call))) : undefined;
  const password = user === undefined ? undefined : await secretInput(call, `Password of ${user}: `);
  const created = await client.call(client.routes["auth.token"], {
    body: {
      tokenName: tokenName(ports),
      ...(link === undefined ? {} : { link }),
      ...(user === undefined ? {} : { user, password }),
      ...expiry(call),
    },
    signal: io.signal,
  });
  return created.secret;
}

function expiry(call: Call): { readonly expiresInSeconds?: number } {
  const ms = call.flags.durationMs("expires");
  return ms === undefined ? {} : { expiresInSeconds: Math.floor(ms / 1000) };
}

async function askUser(call: Call): Promise<string> {
  if (!call.io.isTty.stdin)
    throw new UsageError(
      "nobody can be asked here",
      "give --user NAME and the password on stdin, or --token",
    );
  return (await call.io.readLine("User: "))?.trim() ?? "";
}

/** A secret from the terminal without echo, or from stdin; never from the words, which others can see in `ps`. */
async function secretInput(call: Call, question: string): Promise<string> {
  const { io } = call;
  const text = io.isTty.stdin
    ? await io.readLine(question, { secret: true })
    : (await io.readAll(maxSecretBytes)).split("\n", 1)[0];
  const secret = text?.trim() ?? "";
  if (secret === "") throw new VdcError("sign-in-failed", "Nothing was given to sign in with.");
  return secret;
}

/** `cli-laptop-3f2a`: tells a person in the list of tokens what the token is for. */
function tokenName(ports: CliPorts): string {
  const host = ports.hostname
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40);
  const tail = Buffer.from(ports.random.bytes(3)).toString("hex");
  return host === "" ? `cli-${tail}` : `cli-${host}-${tail}`;
}

function contextName(base: string): string {
  const { hostname, port } = new URL(base);
  const text = `${hostname}${port === "" ? "" : `-${port}`}`.toLowerCase();
  return text
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63);
}
