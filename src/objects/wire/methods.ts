import type { CatalogAdmin, CatalogAdminCall } from "#objects/admin.ts";
import type { Catalog, CatalogCall } from "#objects/catalog.ts";

/** What can be called over the socket; nothing else can. Objects, so that the compiler sees when one is missing. */
const catalogTable: Readonly<Record<CatalogCall, true>> = {
  createBucket: true,
  deleteBucket: true,
  updateBucket: true,
  find: true,
  commit: true,
  remove: true,
  removeMany: true,
  annotate: true,
  list: true,
  listVersions: true,
  createUpload: true,
  findUpload: true,
  putPart: true,
  listParts: true,
  listUploads: true,
  completeUpload: true,
  abortUpload: true,
  putKey: true,
  removeKey: true,
  report: true,
  discard: true,
};

const adminTable: Readonly<Record<CatalogAdminCall, true>> = {
  status: true,
  drives: true,
  addDrive: true,
  setDrive: true,
  forgetDrive: true,
  drill: true,
  endDrill: true,
  start: true,
  work: true,
  cancel: true,
  usage: true,
  layout: true,
  buckets: true,
  keys: true,
  putEndpoint: true,
  removeEndpoint: true,
  endpoints: true,
};

export function isCatalogCall(method: string): method is CatalogCall {
  return Object.hasOwn(catalogTable, method);
}

export function isAdminCall(method: string): method is CatalogAdminCall {
  return Object.hasOwn(adminTable, method);
}

/** Sends one call; resolves with its answer. */
export type Caller = (method: string, input: unknown, blob?: Uint8Array) => Promise<unknown>;

export function catalogOver(call: Caller): Catalog {
  return stub(Object.keys(catalogTable), call) as unknown as Catalog; // each name of the contract, with the answer of the implementation behind the socket
}

export function adminOver(call: Caller): CatalogAdmin {
  return stub(Object.keys(adminTable), call) as unknown as CatalogAdmin; // as above
}

function stub(names: readonly string[], call: Caller): Readonly<Record<string, unknown>> {
  const method = (name: string) => async (input: unknown, blob?: Uint8Array) => await call(name, input, blob);
  return Object.fromEntries(names.map((name) => [name, method(name)]));
}

/** Calls one method of an implementation by its name. */
export async function invoke(
  target: Catalog | CatalogAdmin,
  method: CatalogCall | CatalogAdminCall,
  input: unknown,
  blob: Uint8Array | undefined,
): Promise<unknown> {
  // The name is of the contract's list, and the input was made by the stub of the same contract.
  const methods = target as unknown as Readonly<
    Record<string, (input: unknown, blob?: Uint8Array) => Promise<unknown>>
  >;
  return await methods[method]?.call(target, input, blob);
}
