import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSignedPem } from "#test/support/certificates.ts";
import { freePort } from "#test/support/free-port.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** A real ACME server (Debian's `pebble`), which validates by DNS and HTTP as a public authority does. */
export interface AcmeServer extends AsyncDisposable {
  /** https address of its directory. */
  readonly directory: string;
  /** PEM that its own TLS is checked with. */
  readonly trust: string;
  /** PEM of the root that its certificates lead to. */
  readonly root: string;
}

const program = "/usr/bin/pebble";

/** For tests that skip by its name where it is missing. */
export const hasPebble = existsSync(program);

/** Every name is 127.0.0.1 for it, but those that begin with `missing` have no address; it asks for challenges at `httpPort`. */
export async function startAcmeServer(options: { readonly httpPort: number }): Promise<AcmeServer> {
  await using opening = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "vdc-pebble-"));
  opening.defer(() => rmSync(folder, { recursive: true }));
  const pem = await selfSignedPem(["localhost"]);
  writeFileSync(join(folder, "cert.pem"), pem.cert);
  writeFileSync(join(folder, "key.pem"), pem.key, { mode: 0o600 });
  const [port, managementPort] = [await freePort(), await freePort()];
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: join(folder, "cert.pem"),
    privateKey: join(folder, "key.pem"),
    httpPort: options.httpPort,
    tlsPort: await freePort(),
    ocspResponderURL: "",
    externalAccountBindingRequired: false,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ pebble }));
  const dns = opening.use(await startDns());
  const child = spawn(
    program,
    ["-config", join(folder, "config.json"), "-dnsserver", `127.0.0.1:${dns.port}`],
    {
      env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "20" },
      stdio: "ignore",
    },
  );
  const exited = once(child, "exit");
  opening.defer(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const root = await waitFor(
    async () => await fetchText(`https://localhost:${managementPort}/roots/0`, pem.cert),
    { withinMs: 15_000, what: "the ACME server answers" },
  );
  const opened = opening.move();
  return {
    directory: `https://localhost:${port}/dir`,
    trust: pem.cert,
    root,
    [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
  };
}

async function fetchText(url: string, ca: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  get(url, { ca, agent: false }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.on("end", () => resolve(text));
  }).on("error", () => resolve(undefined)); // not up yet
  return await promise;
}

/** Answers questions for an A record with 127.0.0.1, and any other with nothing (RFC 1035 section 4). */
async function startDns(): Promise<AsyncDisposable & { readonly port: number }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => socket.send(dnsAnswer(query), from.port, from.address));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}

function dnsAnswer(query: Buffer): Buffer {
  let at = 12;
  while ((query[at] ?? 0) !== 0) at += (query[at] ?? 0) + 1;
  const isAddress = query.readUInt16BE(at + 1) === 1 && query.toString("latin1", 13, 20) !== "missing";
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2); // an answer without an error, recursion available
  header.writeUInt16BE(isAddress ? 1 : 0, 6);
  header.fill(0, 8, 12); // nothing but the question and the answer
  const question = query.subarray(12, at + 5);
  // The name of the question, A, IN, 60 seconds, 4 bytes of address.
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, question, ...(isAddress ? [record] : [])]);
}
