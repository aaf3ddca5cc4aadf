/** Lets the service worker keep the shell for starts without a network. Without one (an old browser, a private window) Darkroom only needs the network to start. */
export function keepShell(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
}
