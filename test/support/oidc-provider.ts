import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export interface Person {
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly preferred_username?: string;
}

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Goes through the provider's pages as this person; gives the address that the provider sends the browser to. */
  signIn(authorizationUrl: string, login: string): Promise<URL>;
}

/** A real provider of OpenID Connect on loopback that knows these people by their subject. */
export async function startOidcProvider(options: {
  readonly redirectUris: readonly string[];
  readonly people: Readonly<Record<string, Person>>;
}): Promise<TestProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address of this type.
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { clientId: "vdc", clientSecret: "a-secret-of-the-test-client" };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: options.redirectUris,
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
    cookies: { keys: ["a-key-of-the-test-provider"] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context: unknown, subject: string) => ({
      accountId: subject,
      claims: () => ({ sub: subject, ...options.people[subject] }),
    }),
    pkce: { required: () => true },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
  });
  server.on("request", provider.callback());
  return {
    issuer,
    ...client,
    signIn: (authorizationUrl, login) => browse(authorizationUrl, login, options.redirectUris),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const maxSteps = 15;

/** A browser without a screen: follows redirects, keeps cookies, fills in the forms of login and consent. */
async function browse(start: string, login: string, ends: readonly string[]): Promise<URL> {
  const jar = new CookieJar();
  let url = new URL(start);
  let form: URLSearchParams | undefined;
  for (let step = 0; step < maxSteps; step += 1) {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: jar.header(url) },
      ...(form === undefined ? {} : { method: "POST", body: form }),
    });
    jar.keep(response.headers.getSetCookie());
    const location = response.headers.get("location");
    if (location !== null) {
      form = undefined;
      url = new URL(location, url);
      if (ends.includes(url.origin + url.pathname)) return url;
      continue;
    }
    const page = await response.text();
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="([a-z]+)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined)
      throw new Error(`${url.href}: no form in ${response.status} ${page}`);
    url = new URL(action, url);
    form = new URLSearchParams({ prompt, ...(prompt === "login" ? { login, password: "anything" } : {}) });
  }
  throw new Error(`the provider did not come to an end in ${maxSteps} steps`);
}

class CookieJar {
  readonly #cookies = new Map<string, { readonly path: string; readonly pair: string }>();

  keep(headers: readonly string[]): void {
    for (const header of headers) {
      const [pair = ""] = header.split(";", 1);
      const path = /;\s*path=([^;]*)/i.exec(header)?.[1] ?? "/";
      this.#cookies.set(`${pair.split("=", 1)[0] ?? ""} ${path}`, { path, pair });
    }
  }

  header(url: URL): string {
    const fitting = [...this.#cookies.values()].filter(({ path }) => url.pathname.startsWith(path));
    return fitting.map(({ pair }) => pair).join("; ");
  }
}
