import { useState, type SubmitEvent } from "react";
import { passwordSchema, type Me } from "#api/accounts.ts";
import { VdcError } from "#api/errors.ts";
import { parseInput } from "#api/validate.ts";
import { api } from "#console/data/api.ts";
import { queryClient, keys } from "#console/data/cache.ts";
import { Button } from "#console/kit/button.tsx";
import { FailureNote } from "#console/kit/failure.tsx";
import { TextField } from "#console/kit/field.tsx";
import { useAction } from "#console/lib/use-action.ts";

/** Sets the caller's own password; asks for the one before when there is one. */
export function SetPassword(props: {
  readonly me: Me;
  readonly onDone: () => void;
  readonly onSkip?: () => void;
}) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const set = useAction(async () => {
    parseInput(passwordSchema, password, "The password", "password");
    await api.call(api.routes["auth.change-password"], {
      body: props.me.hasPassword ? { current, password } : { password },
    });
    await queryClient.invalidateQueries({ queryKey: keys.me });
    setCurrent("");
    setPassword("");
    props.onDone();
  });
  const fieldError = set.error instanceof VdcError ? set.error.fields[0]?.message : undefined;

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    set.run();
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <input type="text" name="user" autoComplete="username" value={props.me.name} readOnly hidden />
      {props.me.hasPassword && (
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
      )}
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        hint="At least 12 characters; a few words are easier to keep than signs."
        error={fieldError}
      />
      {fieldError === undefined && <FailureNote error={set.error} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" busy={set.busy}>
          {props.me.hasPassword ? "Change password" : "Set password"}
        </Button>
        {props.onSkip !== undefined && (
          <Button look="quiet" onClick={props.onSkip}>
            Not now
          </Button>
        )}
      </div>
    </form>
  );
}
