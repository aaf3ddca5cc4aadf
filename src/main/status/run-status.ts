import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { openDocumentFile } from "#drivers/documents/documents.ts";
import { smtpSender } from "#drivers/notify/smtp.ts";
import { newPushKeys, pushSender, type PushKeys } from "#drivers/notify/web-push.ts";
import { sendWebhook } from "#drivers/notify/webhook.ts";
import { identify } from "#drivers/process/identity.ts";
import { activeFile } from "#incidents/pages/active-file.ts";
import type { Documents, Senders } from "#incidents/ports.ts";
import { StatusService } from "#incidents/service.ts";
import { assert } from "#lib/assert.ts";
import { systemClock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { layOut } from "#main/data-directory.ts";
import { serveStatusAdmin } from "./admin-server.ts";
import type { StatusConfig } from "./config.ts";
import { removeStatusIdentity, writeStatusIdentity } from "./identity.ts";
import { servePages } from "./page-server.ts";
import { startProbe } from "./s3-probe.ts";

/** Where the page is usually found. */
const usualPort = 9080;
const senderAddress = "vdc-status@localhost";

export interface RunningStatus {
  readonly service: StatusService;
  readonly port: number;
  stop(): void;
}

/** Puts the status process together: its store, its pages, its socket, its senders. */
export async function runStatus(
  config: StatusConfig,
  smtpUrl: string | undefined,
  log: Log,
): Promise<RunningStatus> {
  const directory = layOut(config.dataDirectory);
  mkdirSync(directory.statusPublic, { recursive: true, mode: 0o700 });
  const documents = openDocumentFile(directory.statusDocuments);
  const keys = pushKeys(documents);
  let port = config.port;
  const service: StatusService = new StatusService({
    ports: {
      documents,
      send: senders(smtpUrl, keys, config),
      publish: (files) => publish(directory.statusPublic, files),
    },
    clock: systemClock,
    random: systemRandom,
    log,
    name: config.name,
    url: () => config.publicUrl ?? `http://${config.host}:${port}/`,
    pushPublicKey: keys.publicKey,
  });
  const pages = await listen(service, config, documents);
  const address = pages.address() as AddressInfo; // it listens on TCP
  port = address.port;
  documents.write([{ kind: "port", id: "page", body: String(port) }]);
  service.render(); // the pages name their own addresses
  const admin = await serveStatusAdmin(directory.statusSocket, service);
  const self = identify(process.pid);
  assert(self !== undefined, "a running process can identify itself");
  writeStatusIdentity(directory.statusIdentity, {
    ...self,
    version: config.version,
    host: config.host,
    port,
  });
  service.start();
  const probing = config.objects === undefined ? undefined : startProbe(config.objects, service, log);
  log.info("status.start.done", { port });
  return {
    service,
    port,
    stop: () => {
      probing?.[Symbol.dispose]();
      service.stop();
      pages.close();
      admin.close();
      pages.closeAllConnections();
      admin.closeAllConnections();
      removeStatusIdentity(directory.statusIdentity);
      documents.close();
    },
  };
}

/** Links to the page are given away, so its port stays what it was: the one that was asked for, the one of last time, the usual one, any. */
async function listen(
  service: StatusService,
  { host, port }: StatusConfig,
  documents: Documents,
): Promise<Server> {
  if (port !== 0) return await servePages(service, { host, port });
  const remembered = Number(documents.all("port")[0]?.body ?? usualPort);
  for (const candidate of new Set([remembered, usualPort]))
    try {
      return await servePages(service, { host, port: candidate });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error; // listening fails with errors of the system
    }
  return await servePages(service, { host, port: 0 });
}

function senders(smtpUrl: string | undefined, keys: PushKeys, config: StatusConfig): Senders {
  const refused = {
    ok: false,
    permanent: true,
    answer: "no mail server is configured: start with VDC_SMTP_URL",
  };
  return {
    email:
      smtpUrl === undefined ? async () => await Promise.resolve(refused) : smtpSender(smtpUrl, senderAddress),
    webhook: sendWebhook,
    push: pushSender(
      keys,
      config.publicUrl?.startsWith("https:") === true ? config.publicUrl : `mailto:${senderAddress}`,
    ),
  };
}

/** Made once: browsers bind their subscriptions to them. */
function pushKeys(documents: Documents): PushKeys {
  const [known] = documents.all("push-keys");
  if (known !== undefined) return JSON.parse(known.body) as PushKeys; // written below
  const made = newPushKeys();
  documents.write([{ kind: "push-keys", id: "vapid", body: JSON.stringify(made) }]);
  return made;
}

/**
 * The public page as files, for another web server on another machine, and what fronts tell live clients. Customers' own pages are not written: their
 * addresses are keys.
 */
async function publish(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, body] of files) {
    const name = path === "" ? "index.html" : path;
    if (!/^(?:index\.html|feed\.atom|active\.json|api\/v2\/(?:summary|status)\.json)$/.test(name)) continue;
    const file = join(folder, name.replaceAll("/", "-"));
    writeFileSync(`${file}.new`, body, { mode: name === activeFile ? 0o600 : 0o644 });
    renameSync(`${file}.new`, file);
  }
  await Promise.resolve();
}
