/** Scripts of a customer's page: adding this browser to Web Push, and the worker that shows what arrives. They come from their own addresses, so the policy forbids any other. */
export const pushScript = `"use strict";
(async () => {
  const button = document.getElementById("push"), state = document.getElementById("push-state");
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const worker = await navigator.serviceWorker.register("push-worker.js");
  const show = (text) => { state.textContent = text; };
  if (await worker.pushManager.getSubscription()) return show("This browser is told.");
  button.hidden = false;
  button.onclick = async () => {
    button.disabled = true;
    try {
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: button.dataset.key });
      const answer = await fetch("push", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(made) });
      if (!answer.ok) throw new Error("answered " + answer.status);
      button.hidden = true;
      show("This browser is told.");
    } catch (error) {
      button.disabled = false;
      show("That did not work: " + error.message);
    }
  };
})();
`;

export const pushWorkerScript = `"use strict";
addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  event.waitUntil(registration.showNotification(told.title || "Status", { body: told.text || "", tag: told.incident, data: told.url }));
});
addEventListener("notificationclick", (event) => {
  event.notification.close();
  if (event.notification.data) event.waitUntil(clients.openWindow(event.notification.data));
});
`;
