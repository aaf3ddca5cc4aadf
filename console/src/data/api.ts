import { createClient } from "#api/client.ts";

const callTimeoutMs = 20_000;

/** Listeners of "the server says that nobody is signed in". */
const signedOut = new Set<() => void>();

/** Calls `listener` whenever an answer says that the session is over. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

// A wrong password is a 401 of its own and says nothing about the session.
const signInPaths = new Set(["/v1/auth/link", "/v1/auth/password", "/v1/auth/change-password"]);

export async function sessionFetch(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, credentials: "same-origin", cache: "no-store" });
  if (response.status === 401 && !signInPaths.has(url)) for (const listener of signedOut) listener();
  return response;
}

/** The console's way to the server; addresses are relative to the page. */
export const api = createClient({ baseUrl: "", fetch: sessionFetch, timeoutMs: callTimeoutMs });
