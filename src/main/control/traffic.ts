import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  createReconcilerDriver,
  type DriverOptions,
  type ReconcilerDriver,
} from "#control/reconcile/driver.ts";
import { issueByAcme, newAccountKey } from "#drivers/acme/issue.ts";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { readText, writePrivateText } from "#drivers/local-files/local-files.ts";
import { makeSelfSigned } from "#drivers/self-signed/self-signed.ts";
import type { ControlConfig } from "#main/control-config.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { liveGateways } from "#main/gateway/identity.ts";
import type { ResourceStore } from "#store/store.ts";
import { certificateFiles, type PrivateFolder } from "#traffic/certificates/certificate-files.ts";
import { fallbackCertificate } from "#traffic/certificates/fallback.ts";
import { createCertificateReconciler } from "#traffic/certificates/reconcile.ts";
import { createPublisher, type PublishPorts } from "#traffic/publish.ts";
import { createTrafficReconciler } from "#traffic/reconcile.ts";

/** The gateways of this machine. */
export type GatewaysHere = NonNullable<ControlConfig["gateways"]> & {
  readonly directory: DataDirectory;
  /** Names of the API and the console, which no route may have. */
  readonly ownHosts?: readonly string[];
};

const maxSnapshotBytes = 64 * 1024 * 1024;
const maxCertificateBytes = 256 * 1024;
/** A gateway that does not answer by then is told again by the next pass, and reads the file by itself anyway. */
const notifyWithinMs = 2_000;
/** From one pass to the next: an instance that became ready has requests waiting for it. */
const minGapMs = 10;

/** For an authority to look at every challenge and to sign. */
const orderTimeoutMs = 150_000;

/** Starts what keeps the gateways of this machine working. */
export function startTraffic(
  options: {
    readonly gateways: GatewaysHere;
    readonly resources: ResourceStore;
    /** Name of this host's machine. */
    readonly machine: string;
    /** Newest value of a secret; undefined when there is none. */
    readonly secretValue: (project: string, name: string) => Promise<string | undefined>;
  },
  common: Omit<DriverOptions<unknown, unknown>, "reconciler" | "limits">,
): readonly ReconcilerDriver[] {
  const { gateways, resources, machine, secretValue } = options;
  const { directory, domain, ownHosts = [] } = gateways;
  const { clock, random } = common;
  const folder = privateFolder(directory.gatewayCertificates);
  const files = certificateFiles(folder, clock);
  const fallback = fallbackCertificate({ domain, folder, files, makeSelfSigned, clock });
  const publisher = createPublisher({ ports: publishPorts(directory), clock });
  const urls = gatewayUrls(gateways);
  const place = async () => ({ domain, ownHosts, fallbackCertificate: await fallback(), urls });
  const traffic = createTrafficReconciler({ resources, publisher, machine, place });
  const certificates = createCertificateReconciler({
    resources,
    files,
    makeSelfSigned,
    acme: {
      newAccountKey,
      issue: issueByAcme,
      accounts: privateFolder(join(directory.gateway, "acme")),
      answers: (tokens) => publisher.answers(tokens),
    },
    secretValue,
    clock,
    random,
  });
  const drivers = [
    createReconcilerDriver({ ...common, reconciler: traffic, limits: { minGapMs } }),
    createReconcilerDriver({
      ...common,
      reconciler: certificates,
      limits: { passTimeoutMs: orderTimeoutMs },
    }),
  ];
  for (const driver of drivers) driver.start();
  return drivers;
}

/** Addresses of a host and path that a browser can open, https first. */
export function gatewayUrls({
  httpPort,
  httpsPort,
}: Pick<GatewaysHere, "httpPort" | "httpsPort">): (host: string, path: string) => readonly string[] {
  const port = (own: number, usual: number) => (own === usual ? "" : `:${own}`);
  return (host, path) => [
    `https://${host}${port(httpsPort, 443)}${path}`,
    `http://${host}${port(httpPort, 80)}${path}`,
  ];
}

function publishPorts(directory: DataDirectory): PublishPorts {
  return {
    readSnapshot: async () => (await readText(directory.gatewaySnapshot, maxSnapshotBytes))?.text,
    writeSnapshot: async (text) => await writePrivateText(directory.gatewaySnapshot, text),
    notify: async (version, signal) => {
      const told = liveGateways(directory.gatewayRun).map(async ({ name, pid }) => {
        const path = join(directory.gatewayRun, `${name}-${pid}.sock`);
        return await tell(path, version, signal);
      });
      return (await Promise.all(told)).every((hasIt) => hasIt);
    },
  };
}

/** Whether the gateway serves from this version, or a newer one, now. One that ends meanwhile needs no telling. */
async function tell(path: string, version: number, signal: AbortSignal): Promise<boolean> {
  const client = boundFetch({ via: "unix-socket", path }, { idleMs: notifyWithinMs });
  const within = AbortSignal.any([signal, AbortSignal.timeout(notifyWithinMs)]);
  try {
    const answer = await client.fetch("http://gateway/v1/snapshot", { method: "POST", signal: within });
    const state = (await answer.json()) as { readonly version?: unknown }; // checked on the next line
    return typeof state.version === "number" && state.version >= version;
  } catch {
    return false; // it has gone, or hangs: the next pass finds out
  } finally {
    client.close();
  }
}

function privateFolder(path: string): PrivateFolder {
  return {
    read: async (name) => (await readText(join(path, name), maxCertificateBytes))?.text,
    write: async (name, text) => await writePrivateText(join(path, name), text),
    names: async () => await readdir(path),
    remove: async (name) => await rm(join(path, name), { force: true }),
  };
}
