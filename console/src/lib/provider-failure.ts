/**
 * What the sign-in page says after a provider of OpenID Connect sent somebody back without a session: the code stands
 * in the address, where anybody can write anything, so its text is never shown. Undefined without a code.
 */
export function providerFailure(code: string | null): string | undefined {
  if (code === null || code === "") return undefined;
  return sentences.get(code) ?? "The sign-in with the provider failed. Try again, or sign in another way.";
}

const sentences: ReadonlyMap<string, string> = new Map([
  [
    "sign-in-failed",
    "The sign-in with the provider was not accepted here. Try again; if it fails again, ask an owner to create a user with your e-mail address.",
  ],
  [
    "unavailable",
    "The sign-in provider does not answer. Try again in a minute, or sign in with a password or a one-time link.",
  ],
  ["too-many-requests", "There were too many sign-ins from your address. Wait a minute, then try again."],
  ["not-found", "This data center has no such sign-in provider any more. Sign in another way."],
]);
