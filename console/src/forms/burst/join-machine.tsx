import { useState } from "react";
import { createJoinToken } from "#console/data/burst-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { Button, ButtonLink } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { SelectField } from "#console/kit/field.tsx";
import { useAction } from "#console/lib/use-action.ts";
import { ProjectSelect, usualProject } from "#console/pages/apps/project-choice.tsx";

const day = 24 * 3600;
const lifetimes = [
  { label: "1 day", seconds: day },
  { label: "30 days", seconds: 30 * day },
  { label: "90 days", seconds: 90 * day },
] as const;

/** Makes a token for one project, and says what to type on the other machine. */
export function JoinMachine(props: { readonly projects: readonly string[]; readonly onClose: () => void }) {
  const [project, setProject] = useState(usualProject(props.projects));
  const [seconds, setSeconds] = useState<number>(30 * day);
  const [secret, setSecret] = useState<string>();
  const make = useAction(async () => setSecret(await createJoinToken(project, seconds)));
  if (secret !== undefined)
    return (
      <Dialog
        open
        onClose={props.onClose}
        dismissible={false}
        title="On the other machine"
        description="Needs VDC there, and no other rights than an ordinary user’s. The token is shown this once."
      >
        <ol className="flex flex-col gap-4">
          <Step title="1. Save the token as a file, so that no other user of the machine sees it">
            <CopyField text={secret} label="Copy token" />
            <CopyField text="(umask 077; cat > join-token)" label="Copy command for the file" />
          </Step>
          <Step title="2. Join; Ctrl-C ends it, and loses nothing">
            <CopyField
              text={`vdc join ${window.location.origin} --token-file join-token --project ${project}`}
              label="Copy join command"
            />
          </Step>
        </ol>
        <DialogActions>
          <ButtonLink to="/tokens" look="quiet" onClick={props.onClose}>
            All tokens
          </ButtonLink>
          <Button look="primary" onClick={props.onClose}>
            I have it
          </Button>
        </DialogActions>
      </Dialog>
    );
  return (
    <FormDialog
      title="Add a machine"
      description="It dials out to the data center, so it may stand behind a firewall or a router. It runs only kernels that can do nothing but compute."
      error={make.error}
      busy={make.busy}
      submit={{ label: "Make a token" }}
      onSubmit={(event) => {
        event.preventDefault();
        make.run();
      }}
      onClose={props.onClose}
    >
      <ProjectSelect names={props.projects} value={project} onChange={setProject} />
      <SelectField
        label="Token ends after"
        hint="It has the role operator in this project: whoever has it may do there what an operator may"
        value={String(seconds)}
        onChange={(event) => setSeconds(Number(event.target.value))}
      >
        {lifetimes.map((lifetime) => (
          <option key={lifetime.seconds} value={lifetime.seconds}>
            {lifetime.label}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}

function Step(props: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <li className="flex flex-col gap-2">
      <p className="text-ink">{props.title}</p>
      {props.children}
    </li>
  );
}
