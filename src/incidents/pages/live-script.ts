/**
 * Keeps an open page as it is on the server: what changed is put in place, so that nobody loses their place in the text and screen readers are told of
 * news alone. Browsers without scripts load the page anew.
 */
export const liveScript = `"use strict";
setInterval(async () => {
  if (document.visibilityState !== "visible") return;
  try {
    const answer = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(10000) });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    const shown = document.getElementById("live");
    if (fresh && shown && fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
  } catch {
    // The next look may work.
  }
}, 10000);
`;
