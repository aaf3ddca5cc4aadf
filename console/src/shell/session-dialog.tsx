import { useState, type SubmitEvent } from "react";
import type { Me } from "#api/accounts.ts";
import { api } from "#console/data/api.ts";
import { useSignInMethods } from "#console/data/queries.ts";
import { signedIn, useSessionExpired } from "#console/data/session.tsx";
import { Button } from "#console/kit/button.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { TextField } from "#console/kit/field.tsx";

/** Asks for the password again over the page as it is: what was typed there stays. */
export function SessionDialog(props: { readonly me: Me }) {
  const expired = useSessionExpired();
  return (
    <Dialog
      open={expired}
      onClose={() => undefined}
      dismissible={false}
      title="Your session has ended"
      description="Sign in to go on where you were. What you typed is still here."
    >
      {expired && <PasswordAgain me={props.me} />}
    </Dialog>
  );
}

function PasswordAgain(props: { readonly me: Me }) {
  const methods = useSignInMethods();
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const here = window.location.pathname + window.location.search;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await signedIn(
        await api.call(api.routes["auth.password"], { body: { user: props.me.name, password } }),
      );
    } catch (cause) {
      setError(cause); // shown under the field
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {props.me.hasPassword && (
        <>
          <TextField label="Name" name="user" value={props.me.name} readOnly autoComplete="username" />
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </>
      )}
      {!props.me.hasPassword && (
        <p className="text-dim">
          You have no password. Ask an owner for a new sign-in link, or sign in another way.
        </p>
      )}
      <FailureNote error={error} />
      <DialogActions>
        {methods.data?.providers.map((provider) => (
          <Button
            key={provider.id}
            onClick={() =>
              window.location.assign(
                `/v1/auth/oidc/${provider.id}/start?returnTo=${encodeURIComponent(here)}`,
              )
            }
          >
            Sign in with {provider.title}
          </Button>
        ))}
        <Button look="quiet" onClick={() => window.location.assign(`/signin?to=${encodeURIComponent(here)}`)}>
          Sign in as somebody else
        </Button>
        {props.me.hasPassword && (
          <Button type="submit" look="primary" busy={busy}>
            Sign in
          </Button>
        )}
      </DialogActions>
    </form>
  );
}
