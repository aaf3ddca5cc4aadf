/// <reference lib="webworker" />

/**
 * Keeps the shell: the page's built files, whose list the build puts here, and the kernels. Files whose names have a hash come from what is kept; everything else from the
 * network first, so that a new release is seen at the next start. It never touches `/api/`, signing in, or other origins.
 */
declare const self: ServiceWorkerGlobalScope;

export interface BuiltFiles {
  /** Hash over the contents. */
  readonly version: string;
  readonly files: readonly string[];
}

/** The build puts its text here. */
const built = JSON.parse("__BUILT_FILES__") as BuiltFiles;
const cacheName = `shell-${built.version}`;
const networkWithinMs = 4_000;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (!url.pathname.startsWith("/sign-in") && !url.pathname.startsWith("/api/"))
      event.respondWith(networkFirst(request, "/"));
  } else if (url.pathname.startsWith("/assets/")) event.respondWith(keptFirst(request));
  else if (url.pathname.startsWith("/kernels/") || built.files.includes(url.pathname))
    event.respondWith(networkFirst(request, url.pathname));
});

async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll([...built.files, ...(await kernelFiles())]);
  await self.skipWaiting();
}

async function kernelFiles(): Promise<readonly string[]> {
  const answer = await fetch("/kernels/manifest.json");
  // Our own build's; a broken one fails the install, and the next start tries again.
  const { files } = (await answer.json()) as { readonly files: Readonly<Record<string, unknown>> };
  return ["/kernels/manifest.json", ...Object.keys(files).map((name) => `/kernels/${name}`)];
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("shell-") && name !== cacheName);
  await Promise.all(old.map(async (name) => await caches.delete(name)));
  await self.clients.claim();
}

/** What is kept, or the network; what it brings is kept too, such as the RAW decoder, which is too large to be fetched before anybody needs it. */
async function keptFirst(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  // A full disk keeps nothing, and is no reason to refuse what came.
  if (answer.status === 200) await keep(request, answer.clone()).catch(() => undefined);
  return answer;
}

async function keep(request: Request, answer: Response): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.put(request, answer);
}

/** The network, or what is kept under `key` when it does not answer soon. */
async function networkFirst(request: Request, key: string): Promise<Response> {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(networkWithinMs) });
    if (answer.status < 500) return answer;
    return (await caches.match(key)) ?? answer;
  } catch (error) {
    const kept = await caches.match(key);
    if (kept === undefined) throw error;
    return kept;
  }
}
