import { useSearchParams } from "react-router";
import { api } from "#console/data/api.ts";
import { useApps } from "#console/data/app-queries.ts";
import { useMe } from "#console/data/session.tsx";
import { Button } from "#console/kit/button.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { Glyph } from "#console/kit/glyph.tsx";
import { usePageTitle } from "#console/kit/page.tsx";
import { useAction } from "#console/lib/use-action.ts";

/**
 * Where an app sends its users to sign in: they see who asks and what for, and say yes. The server checks that the address to go back to is
 * one of the app's own.
 */
export function Authorize() {
  usePageTitle("Sign in to an app");
  const me = useMe();
  const [search] = useSearchParams();
  const project = search.get("project") ?? "";
  const name = search.get("app") ?? "";
  const returnTo = search.get("return_to") ?? "";
  const params = { project, name };
  const apps = useApps(project);
  const isThere = apps.items?.some((one) => one.name === name) === true;
  const proceed = useAction(async () => {
    const body = { returnTo, challenge: search.get("challenge") ?? "", state: search.get("state") ?? "" };
    const { redirect } = await api.call(api.routes["auth.app-authorize"], { params, body });
    window.location.assign(redirect);
  });
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="flex w-full max-w-sm flex-col gap-6">
        <Glyph className="size-9 text-accent" />
        <div className="flex flex-col gap-2">
          <h1 className="text-xl font-semibold tracking-tight">Continue to {name}</h1>
          <p className="text-dim">
            {name} in project {project} will know you as <strong>{me.name}</strong>, and may act for you in
            this project, as an operator at most: see what is there, run jobs, ask for prices. It may do
            nothing elsewhere, and you can end it under API tokens.
          </p>
        </div>
        {apps.error !== null && <FailureNote error={apps.error} />}
        {apps.items !== undefined && !isThere && (
          <p role="alert">
            There is no app {name} in project {project}. Open the app again from where you found it.
          </p>
        )}
        {proceed.error !== undefined && <FailureNote error={proceed.error} />}
        <div className="flex gap-2">
          <Button look="primary" disabled={!isThere} busy={proceed.busy} onClick={proceed.run}>
            Continue
          </Button>
          <Button onClick={() => window.history.back()}>Go back</Button>
        </div>
      </div>
    </main>
  );
}
