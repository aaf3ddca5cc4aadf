import { VdcError } from "#api/errors.ts";
import type { Resource } from "#api/resource.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ActContext, type Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import { unreachable } from "#lib/assert.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { ResourceStore } from "#store/store.ts";
import { projectOf, type Certificate } from "../plan/facts.ts";
import { orderByAcme, refusalOf, type AcmePorts } from "./acme.ts";
import type { CertificateFiles } from "./certificate-files.ts";
import type { MakeSelfSigned } from "./fallback.ts";
import { certificateFacts, type CertificateFacts, type Pem } from "./pem.ts";
import {
  planCertificate,
  readyStatus,
  refusedStatus,
  type CertificateAction,
  type CertificateObserved,
} from "./plan.ts";

export interface CertificatesOptions {
  readonly resources: ResourceStore;
  readonly files: CertificateFiles;
  readonly makeSelfSigned: MakeSelfSigned;
  readonly acme: AcmePorts;
  /** Newest value of a secret; undefined when there is none. */
  readonly secretValue: (project: string, name: string) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly random: Random;
}

/** For every certificate: when it ends, and when it may be tried again. */
const everyMs = 60_000;
/** No certificate has this key: a project's name comes first in theirs. */
const filesKey = "files";
const dayMs = 24 * 3_600_000;
/** An order that was cut short by the end of its process is not begun again before this, whatever became of it. */
const orderMs = 3 * 60_000;

/**
 * Keeps every certificate there, good and renewed. One key is `PROJECT/NAME`, and one looks after the files. Keys of certificates are files of the machine
 * that leads: when another one takes over it has none of them, and issues anew.
 */
export function createCertificateReconciler(
  options: CertificatesOptions,
): Reconciler<CertificateObserved, CertificateAction> {
  const { resources } = options;
  return {
    name: "certificate",
    watches: ["certificate"],
    everyMs,
    keysOf: ({ project, name }) => (project === undefined ? [] : [`${project}/${name}`]),
    keys: async (signal) => {
      const all = await listCertificates(resources, signal);
      return [filesKey, ...all.map(({ project, name }) => `${project ?? ""}/${name}`)];
    },
    observe: async (key, signal) =>
      key === filesKey ? await observeFiles(resources, signal) : await observe(key, options),
    plan: planCertificate,
    act: async (action, context) => await act(action, options, context),
    describe: {
      observed: ({ key, certificate, inUse }) =>
        inUse === undefined ? `${key} ${certificate?.status.phase ?? "is gone"}` : `${inUse.size} in use`,
      action: (action) => action.do,
    },
  };
}

async function listCertificates(resources: ResourceStore, signal: AbortSignal): Promise<readonly Resource[]> {
  return await Array.fromAsync(listAll(resources, { kind: "certificate" }, { max: maxKeys - 1, signal }));
}

/** Of a list that was cut nothing follows: what is not on it may be in use. */
async function observeFiles(resources: ResourceStore, signal: AbortSignal): Promise<CertificateObserved> {
  const all = await listCertificates(resources, signal);
  return all.length < maxKeys - 1 ? { key: filesKey, inUse: fingerprintsOf(all) } : { key: filesKey };
}

function fingerprintsOf(certificates: readonly Resource[]): ReadonlySet<string> {
  return new Set(
    certificates.map(({ status }) => status["fingerprint"]).filter((one) => typeof one === "string"),
  );
}

async function observe(key: string, options: CertificatesOptions): Promise<CertificateObserved> {
  const [project = "", name = ""] = key.split("/");
  const found = await options.resources.get({ kind: "certificate", project, name });
  if (found === undefined) return { key };
  const certificate = found as unknown as Certificate; // the store holds what the kind's schema let in
  const { fingerprint } = certificate.status;
  const pem = fingerprint === undefined ? undefined : await options.files.read(fingerprint);
  const standing = pem === undefined ? undefined : readFacts(pem);
  const { issuer } = certificate.spec;
  const providedKey =
    "provided" in issuer ? await options.secretValue(project, issuer.provided.keySecret) : undefined;
  return {
    key,
    certificate,
    ...(standing === undefined ? {} : { standing }),
    ...(providedKey === undefined ? {} : { providedKey }),
  };
}

/** Files that cannot be read are as good as none: the certificate is issued anew. */
function readFacts(pem: Pem): CertificateFacts | undefined {
  try {
    return certificateFacts(pem.cert);
  } catch (error) {
    if (error instanceof VdcError) return undefined;
    throw error;
  }
}

async function act(
  action: CertificateAction,
  options: CertificatesOptions,
  context: ActContext,
): Promise<"again" | void> {
  const { resources, files, clock } = options;
  if (action.do === "remove-unused") {
    await files.removeUnused(action.inUse);
    return undefined;
  }
  const { certificate } = action;
  switch (action.do) {
    case "finalize":
      return await finalize(certificate, resources, context);
    case "write-status":
      return await writeStatus(resources, certificate, { ...action.status }, context);
    case "keep-provided": {
      const status = readyStatus(certificate, await files.keep(action.pem));
      return await writeStatus(resources, certificate, { ...status }, context);
    }
    case "self-sign": {
      const from = clock.now() - 3_600_000; // clocks of clients are late sometimes
      const validity = { notBefore: from, notAfter: from + action.days * dayMs };
      const pem = await options.makeSelfSigned(certificate.spec.hosts, validity);
      const status = readyStatus(certificate, await files.keep(pem));
      return await writeStatus(resources, certificate, { ...status }, context);
    }
    case "order":
      return await order(certificate, options, context);
    default:
      return unreachable(action);
  }
}

/** Status is written as it goes: challenges reach the gateways by it, and people see what is waited for. */
async function order(
  certificate: Certificate,
  options: CertificatesOptions,
  context: ActContext,
): Promise<void> {
  const { acme: ports, clock, files, random } = options;
  const { issuer } = certificate.spec;
  if (!("acme" in issuer)) return;
  const { reason: _, ...before } = certificate.status;
  const begun: Certificate["status"] = {
    ...before,
    phase: "issuing",
    nextAttemptAt: isoTime(clock.now() + orderMs),
    observedGeneration: certificate.generation,
  };
  await write(certificate, { ...begun, challenges: [] }, options, context);
  let status: Certificate["status"];
  try {
    const pem = await orderByAcme(certificate, issuer.acme, {
      ports,
      clock,
      signal: context.signal,
      publish: async (challenges) =>
        await write(certificate, { ...begun, challenges: [...challenges] }, options, context),
    });
    status = readyStatus(certificate, await files.keep(pem));
  } catch (error) {
    context.signal.throwIfAborted();
    status = refusedStatus(
      certificate,
      refusalOf(error, certificate.status.failures ?? 0, random),
      clock.now(),
    );
  }
  await write(certificate, status, options, context);
}

/** Whatever else became of the resource meanwhile: a certificate that was issued must not be lost to a change of a label. */
async function write(
  { project, name }: Certificate,
  status: Certificate["status"],
  { resources }: CertificatesOptions,
  { by, fence }: ActContext,
): Promise<void> {
  const key = { kind: "certificate", name, ...(project === undefined ? {} : { project }) };
  try {
    await resources.setStatus(key, { ...status }, { by, fence });
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "not-found")) throw error; // deleted meanwhile: nobody needs it
  }
}

async function finalize(
  certificate: Certificate,
  resources: ResourceStore,
  { by, fence }: ActContext,
): Promise<void> {
  const key = { kind: "certificate", project: projectOf(certificate), name: certificate.name };
  try {
    await resources.finalize(key, { by, fence });
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "not-found")) throw error; // gone already
  }
}
