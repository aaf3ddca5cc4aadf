import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { useNavigate, useSearchParams } from "react-router";
import type { Me } from "#api/accounts.ts";
import { api } from "#console/data/api.ts";
import { useSignInMethods } from "#console/data/queries.ts";
import { safeReturnTo, signedIn } from "#console/data/session.tsx";
import { SetPassword } from "#console/forms/set-password.tsx";
import { Button, Spinner } from "#console/kit/button.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { TextField } from "#console/kit/field.tsx";
import { Glyph } from "#console/kit/glyph.tsx";
import { usePageTitle } from "#console/kit/page.tsx";
import { providerFailure } from "#console/lib/provider-failure.ts";
import { useAction } from "#console/lib/use-action.ts";

/** The one-time secret, read once and taken out of the address bar and the history before anything else happens. */
const linkSecret = takeLinkSecret();

function takeLinkSecret(): string | undefined {
  if (window.location.pathname !== "/signin") return undefined;
  const secret = new URLSearchParams(window.location.hash.slice(1)).get("link");
  if (window.location.hash !== "")
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return secret ?? undefined;
}

export function SignIn() {
  usePageTitle("Sign in");
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const methods = useSignInMethods();
  const to = safeReturnTo(search.get("to"));
  const [offer, setOffer] = useState<Me>();
  const [secret, setSecret] = useState(linkSecret);

  async function enter(me: Me): Promise<void> {
    await signedIn(me);
    if (me.hasPassword || search.has("to")) await navigate(to, { replace: true });
    else setOffer(me);
  }

  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="flex w-full max-w-sm flex-col gap-6">
        <div className="flex flex-col items-start gap-3">
          <Glyph className="size-9 text-accent" />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">
              {offer === undefined ? "Sign in" : `Welcome, ${offer.title === "" ? offer.name : offer.title}`}
            </h1>
            <p className="mt-1 text-dim">
              {offer === undefined
                ? (methods.data?.dataCenter ?? "Virtual data center")
                : "Your link is used up. With a password you can come back without asking for another one."}
            </p>
          </div>
        </div>
        {offer !== undefined ? (
          <SetPassword
            me={offer}
            onDone={() => void navigate(to, { replace: true })}
            onSkip={() => void navigate(to, { replace: true })}
          />
        ) : secret !== undefined ? (
          <ByLink secret={secret} onEnter={enter} onGiveUp={() => setSecret(undefined)} />
        ) : (
          <ByPassword onEnter={enter} returnTo={to} failed={search.get("failed")} />
        )}
      </div>
    </main>
  );
}

function ByLink(props: {
  readonly secret: string;
  readonly onEnter: (me: Me) => Promise<void>;
  readonly onGiveUp: () => void;
}) {
  const begun = useRef(false);
  const exchange = useAction(async () => {
    await props.onEnter(await api.call(api.routes["auth.link"], { body: { secret: props.secret } }));
  });
  useEffect(() => {
    // The link works once, and React runs effects twice while developing.
    if (begun.current) return;
    begun.current = true;
    exchange.run();
  });
  if (exchange.error === undefined)
    return (
      <p role="status" className="flex items-center gap-2 text-dim">
        <Spinner /> Signing in with your link…
      </p>
    );
  return (
    <div className="flex flex-col gap-4">
      <FailureNote error={exchange.error} />
      <p className="text-dim">
        A link works once and not for long. Ask for a new one, or sign in another way.
      </p>
      <Button onClick={props.onGiveUp}>Sign in another way</Button>
    </div>
  );
}

function ByPassword(props: {
  readonly onEnter: (me: Me) => Promise<void>;
  readonly returnTo: string;
  /** With what code a sign-in at a provider came back here. */
  readonly failed: string | null;
}) {
  const methods = useSignInMethods();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const enter = useAction(async () => {
    await props.onEnter(
      await api.call(api.routes["auth.password"], { body: { user: user.trim(), password } }),
    );
  });
  const providers = methods.data?.providers ?? [];
  const failure = enter.error === undefined && !enter.busy ? providerFailure(props.failed) : undefined;

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    enter.run();
  }

  return (
    <div className="flex flex-col gap-5">
      {failure !== undefined && (
        <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-ink">
          {failure}
        </p>
      )}
      {methods.data?.password !== false && (
        <form onSubmit={submit} className="flex flex-col gap-4">
          <TextField
            label="Name"
            name="user"
            autoComplete="username"
            autoCapitalize="none"
            autoFocus
            required
            value={user}
            onChange={(event) => setUser(event.target.value)}
          />
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <FailureNote error={enter.error} />
          <Button type="submit" look="primary" busy={enter.busy} className="min-h-10">
            Sign in
          </Button>
        </form>
      )}
      {providers.length > 0 && (
        <div className="flex flex-col gap-2 border-t border-line pt-5">
          {providers.map((provider) => (
            <Button
              key={provider.id}
              className="min-h-10"
              onClick={() =>
                window.location.assign(
                  `/v1/auth/oidc/${provider.id}/start?returnTo=${encodeURIComponent(props.returnTo)}`,
                )
              }
            >
              Sign in with {provider.title}
            </Button>
          ))}
        </div>
      )}
      <p className="text-xs text-dim">
        First time here? Open the one-time link that <code>vdc up</code> printed, or that an owner gave you.
      </p>
    </div>
  );
}
