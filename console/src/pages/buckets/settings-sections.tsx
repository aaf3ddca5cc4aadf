import type { BucketConfig } from "#api/objects.ts";
import { Button } from "#console/kit/button.tsx";
import { CheckField, SelectField, TextArea, TextField } from "#console/kit/field.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { publicReadPolicy, type BucketDraft } from "#console/lib/bucket-form.ts";
import { s3NameOf } from "#console/pages/buckets/bucket-state.ts";
import { useShownBucket } from "#console/pages/buckets/shown-bucket.ts";

/** What every section of the form gets. */
export interface SectionProps {
  readonly draft: BucketDraft;
  /** As it is now. */
  readonly base: BucketConfig;
  readonly set: (part: Partial<BucketDraft>) => void;
  /** Refusals, by the member of the configuration. */
  readonly problems: Readonly<Record<string, string>>;
  readonly disabled: boolean;
}

export function StorageSection({ draft, base, set, problems, disabled }: SectionProps) {
  return (
    <Panel title="Keeping">
      <div className="flex max-w-xl flex-col gap-4">
        <SelectField
          label="Versions"
          hint="Once on they can be suspended, but never be turned off: old versions stay"
          disabled={disabled}
          value={draft.versioning}
          error={problems["versioning"]}
          onChange={
            (event) => set({ versioning: event.target.value as BucketConfig["versioning"] }) // its options are these
          }
        >
          {base.versioning === "off" && <option value="off">not kept</option>}
          <option value="enabled">kept</option>
          <option value="suspended">suspended</option>
        </SelectField>
        <CheckField
          label="Encrypt what is stored"
          hint="AES-256 with keys that this data center holds; for objects that are written from now on"
          disabled={disabled}
          checked={draft.encryption !== null}
          onChange={(event) => set({ encryption: event.target.checked ? "AES256" : null })}
        />
        {draft.objectLock !== null && (
          <LockFields draft={draft} set={set} problems={problems} disabled={disabled} />
        )}
      </div>
    </Panel>
  );
}

function LockFields({ draft, set, problems, disabled }: Omit<SectionProps, "base">) {
  const { mode, days } = draft.objectLock ?? {};
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Lock new objects"
        hint="Governance can be lifted by an owner, compliance by nobody"
        disabled={disabled}
        value={mode ?? ""}
        error={problems["objectLock"]}
        onChange={(event) => {
          const chosen = event.target.value as "" | "GOVERNANCE" | "COMPLIANCE"; // its options are these
          set({ objectLock: chosen === "" ? {} : { mode: chosen, days: days ?? 1 } });
        }}
      >
        <option value="">only when asked</option>
        <option value="GOVERNANCE">governance</option>
        <option value="COMPLIANCE">compliance</option>
      </SelectField>
      {mode !== undefined && (
        <TextField
          label="For days"
          type="number"
          min={1}
          disabled={disabled}
          value={days ?? 1}
          onChange={(event) => set({ objectLock: { mode, days: Math.max(1, Number(event.target.value)) } })}
        />
      )}
    </div>
  );
}

const blocks = [
  { name: "blockPublicAcls", label: "Refuse ACLs that make something public" },
  { name: "ignorePublicAcls", label: "Ignore public ACLs that are there" },
  { name: "blockPublicPolicy", label: "Refuse a policy that makes something public" },
  { name: "restrictPublicBuckets", label: "Let only keys of this project in, whatever a public policy says" },
] as const;
const openAll = {
  blockPublicAcls: false,
  ignorePublicAcls: false,
  blockPublicPolicy: false,
  restrictPublicBuckets: false,
};

export function AccessSection({ draft, set, problems, disabled }: SectionProps) {
  const now = draft.publicAccessBlock ?? openAll;
  return (
    <Panel title="Public access block">
      <div className="flex flex-col gap-3">
        {blocks.map(({ name, label }) => (
          <CheckField
            key={name}
            label={label}
            disabled={disabled}
            checked={now[name]}
            onChange={(event) => {
              const next = { ...now, [name]: event.target.checked };
              const isOpen = Object.values(next).every((one) => !one);
              set({ publicAccessBlock: isOpen ? null : next });
            }}
          />
        ))}
        <Refusal text={problems["publicAccessBlock"]} />
      </div>
    </Panel>
  );
}

export function PolicySection({ draft, set, problems, disabled }: SectionProps) {
  const { bucket } = useShownBucket();
  return (
    <Panel
      title="Policy"
      actions={
        !disabled &&
        draft.policy === "" && (
          <Button look="quiet" onClick={() => set({ policy: publicReadPolicy(s3NameOf(bucket)) })}>
            Begin with public reading
          </Button>
        )
      }
    >
      <TextArea
        label="Policy of the bucket"
        hideLabel
        rows={draft.policy === "" ? 4 : 14}
        className="font-mono text-xs"
        spellCheck={false}
        disabled={disabled}
        placeholder='{"Version": "2012-10-17", "Statement": []}'
        hint="A JSON document in the language of S3 bucket policies; empty: only keys of the project get in. What is not understood whole is refused."
        value={draft.policy}
        error={problems["policy"]}
        onChange={(event) => set({ policy: event.target.value })}
      />
    </Panel>
  );
}

export function TagsSection({ draft, set, problems, disabled }: SectionProps) {
  return (
    <Panel title="Tags">
      <div className="max-w-xl">
        <TextArea
          label="Tags of the bucket"
          hideLabel
          hint="name=value, one a line"
          disabled={disabled}
          value={draft.tags}
          error={problems["tags"]}
          onChange={(event) => set({ tags: event.target.value })}
        />
      </div>
    </Panel>
  );
}

export function Refusal(props: { readonly text: string | undefined }) {
  return props.text === undefined ? null : <p className="text-xs text-bad">{props.text}</p>;
}
