import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { cookieOf, cookieText, redirect, Refusal } from "./reply.ts";
import { Seal } from "./sealed.ts";
import type { Settings } from "./settings.ts";

/** Who uses the page. */
export interface Session {
  readonly user: string;
  /** Token of the user for this project; never leaves the server. */
  readonly token: string;
  readonly expiresAt: string;
}

const sessionSchema = z.object({ user: z.string(), token: z.string(), expiresAt: z.iso.datetime() });
const begunSchema = z.object({ state: z.string(), verifier: z.string(), to: z.string() });
const answerSchema = z.object({
  secret: z.string(),
  token: z.object({ user: z.string(), expiresAt: z.iso.datetime() }),
});

const sessionCookie = "darkroom";
const begunCookie = "darkroom-begun";
/** Time to say yes in the console. */
const begunSeconds = 600;
const tokenWithinMs = 10_000;

/** Signs users in at the data center: authorization code with a proof key (RFC 6749, RFC 7636). */
export class SignIn {
  readonly #settings: Settings;
  readonly #seal: Seal;
  readonly #secure: boolean;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#seal = new Seal(settings.sessionKey);
    this.#secure = settings.url.protocol === "https:";
  }

  /** Sends the browser to the console; what it has to prove when it comes back stays in a sealed cookie. */
  begin(response: ServerResponse, to: string): void {
    const { console: center, project, app, url } = this.#settings;
    const state = randomBytes(16).toString("base64url");
    const verifier = randomBytes(32).toString("base64url");
    const target = new URL("/authorize", center);
    target.searchParams.set("project", project);
    target.searchParams.set("app", app);
    target.searchParams.set("return_to", new URL("/sign-in/return", url).href);
    target.searchParams.set("challenge", createHash("sha256").update(verifier).digest("base64url"));
    target.searchParams.set("state", state);
    const begun = this.#seal.seal("begun", JSON.stringify({ state, verifier, to: ownPath(to) }));
    redirect(response, target.href, [cookieText(begunCookie, begun, begunSeconds, this.#secure)]);
  }

  /** The browser is back with a code. */
  async end(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    const kept = this.#seal.open("begun", cookieOf(request, begunCookie));
    const begun = kept === undefined ? undefined : begunSchema.parse(JSON.parse(kept));
    if (begun === undefined || begun.state !== query.get("state"))
      throw new Refusal(
        400,
        "This sign-in was not begun in this browser, or too long ago. Open Darkroom again.",
      );
    const session = await this.#trade(query.get("code") ?? "", begun.verifier);
    const seconds = Math.max(0, Math.floor((Date.parse(session.expiresAt) - Date.now()) / 1000));
    const sealed = this.#seal.seal("session", JSON.stringify(session));
    redirect(response, begun.to, [
      cookieText(sessionCookie, sealed, seconds, this.#secure),
      cookieText(begunCookie, "", 0, this.#secure),
    ]);
  }

  out(): string {
    return cookieText(sessionCookie, "", 0, this.#secure);
  }

  /** Undefined for nobody, and for a session that is over. */
  sessionOf(request: IncomingMessage): Session | undefined {
    const text = this.#seal.open("session", cookieOf(request, sessionCookie));
    if (text === undefined) return undefined;
    const session = sessionSchema.parse(JSON.parse(text));
    return Date.parse(session.expiresAt) > Date.now() ? session : undefined;
  }

  async #trade(code: string, verifier: string): Promise<Session> {
    const answer = await fetch(new URL("/v1/auth/app-token", this.#settings.api), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code, verifier }),
      signal: AbortSignal.timeout(tokenWithinMs),
    });
    if (!answer.ok) throw new Refusal(401, "The data center did not sign you in. Open Darkroom again.");
    const { secret, token } = answerSchema.parse(await answer.json());
    return { user: token.user, token: secret, expiresAt: token.expiresAt };
  }
}

/** Only a path of our own: a link must not send people elsewhere after they signed in. */
function ownPath(to: string): string {
  return /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(to) ? to : "/";
}
