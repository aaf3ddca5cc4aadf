import { useState } from "react";
import type { IssuedKey } from "#api/objects.ts";
import { api } from "#console/data/api.ts";
import type { Key } from "#console/data/object-queries.ts";
import { FormDialog } from "#console/forms/form-dialog.tsx";
import { Button } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { CopyButton, CopyField } from "#console/kit/copy.tsx";
import { Dialog, DialogActions } from "#console/kit/dialog.tsx";
import { CheckField } from "#console/kit/field.tsx";
import { keySnippets } from "#console/lib/key-snippets.ts";
import { useAction } from "#console/lib/use-action.ts";

/** Issues a pair of credentials, and shows the secret this once, ready for the usual programs. */
export function IssueKey(props: {
  readonly of: Key;
  /** S3 name for the examples. */
  readonly bucket: string | undefined;
  readonly onClose: () => void;
}) {
  const { name, project = "", spec, status } = props.of;
  const [revokeOthers, setRevokeOthers] = useState(false);
  const [issued, setIssued] = useState<IssuedKey>();
  const issue = useAction(async () => {
    const params = { project, name };
    setIssued(await api.call(api.routes["key.issue"], { params, body: { revokeOthers } }));
  });
  if (issued !== undefined)
    return (
      <IssuedDialog
        issued={issued}
        bucket={props.bucket ?? spec.buckets?.[0] ?? "BUCKET"}
        onClose={props.onClose}
      />
    );
  const live = status.credentials ?? [];
  return (
    <FormDialog
      title={`Issue credentials of ${name}`}
      description="A pair of an id and a secret. The secret is shown once; VDC never shows it again."
      error={issue.error}
      busy={issue.busy}
      submit={{ label: "Issue credentials" }}
      cancelLabel="Not now"
      onSubmit={(event) => {
        event.preventDefault();
        issue.run();
      }}
      onClose={props.onClose}
    >
      {live.length > 0 && (
        <CheckField
          label="End the pairs that work now"
          hint="Otherwise the newest of them works on, for whoever is changing over"
          checked={revokeOthers}
          onChange={(event) => setRevokeOthers(event.target.checked)}
        />
      )}
    </FormDialog>
  );
}

function IssuedDialog(props: {
  readonly issued: IssuedKey;
  readonly bucket: string;
  readonly onClose: () => void;
}) {
  const { issued, bucket } = props;
  const snippets = keySnippets(issued, bucket);
  const [shown, setShown] = useState(snippets[0]?.program);
  const snippet = snippets.find(({ program }) => program === shown);
  return (
    <Dialog
      open
      wide
      onClose={props.onClose}
      dismissible={false}
      title="Your credentials"
      description="The secret is shown this once. Copy it now."
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Part label="Access key id">
          <CopyField text={issued.accessKeyId} label="Copy access key id" />
        </Part>
        <Part label="Secret access key">
          <CopyField text={issued.secretAccessKey} label="Copy secret access key" />
        </Part>
        <Part label="Endpoint">
          <CopyField text={issued.endpoint} label="Copy endpoint" />
        </Part>
        <Part label="Region">
          <CopyField text={issued.region} label="Copy region" />
        </Part>
      </div>
      <div className="flex flex-col gap-2">
        <div role="group" aria-label="Ready-made configuration" className="flex flex-wrap gap-1">
          {snippets.map(({ program }) => (
            <button
              key={program}
              type="button"
              aria-pressed={program === shown}
              onClick={() => setShown(program)}
              className={cx(
                "control rounded-md px-3 transition-colors",
                program === shown ? "bg-accent-soft font-medium text-accent" : "text-dim hover:bg-hover",
              )}
            >
              {program}
            </button>
          ))}
        </div>
        {snippet !== undefined && (
          <div className="relative rounded-md bg-sunken">
            <p className="flex items-center justify-between gap-3 py-1 pr-1 pl-3 text-xs text-dim">
              {snippet.file}
              <CopyButton text={snippet.text} label={`Copy configuration for ${snippet.program}`} />
            </p>
            <pre className="px-3 pb-3 text-xs break-all whitespace-pre-wrap select-all">{snippet.text}</pre>
          </div>
        )}
      </div>
      <DialogActions>
        <Button look="primary" onClick={props.onClose}>
          I have it
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Part(props: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <p className="text-xs text-dim">{props.label}</p>
      {props.children}
    </div>
  );
}
