import { Plus } from "lucide-react";
import { Button } from "#console/kit/button.tsx";
import { CheckField, TextArea, TextField } from "#console/kit/field.tsx";
import { Panel } from "#console/kit/panel.tsx";
import type { CorsDraft } from "#console/lib/bucket-form.ts";
import { Refusal, type SectionProps } from "#console/pages/buckets/settings-sections.tsx";

const methods = ["GET", "HEAD", "PUT", "POST", "DELETE"] as const;
const fresh: CorsDraft = {
  origins: "",
  methods: ["GET", "HEAD"],
  headers: "*",
  expose: "ETag",
  maxAge: "3600",
};

/** Pages of other origins that may use the bucket; the first rule that fits decides. */
export function CorsSection({ draft, set, problems, disabled }: SectionProps) {
  const change = (at: number, part: Partial<CorsDraft>) =>
    set({ cors: draft.cors.map((rule, index) => (index === at ? { ...rule, ...part } : rule)) });
  return (
    <Panel
      title="Other origins (CORS)"
      actions={
        !disabled && (
          <Button look="quiet" onClick={() => set({ cors: [...draft.cors, fresh] })}>
            <Plus size={15} aria-hidden="true" />
            Add a rule
          </Button>
        )
      }
    >
      {draft.cors.length === 0 && (
        <p className="text-dim">Pages of other web sites cannot use this bucket. This console always can.</p>
      )}
      <div className="flex flex-col gap-6">
        {draft.cors.map((rule, at) => (
          <CorsFields
            key={at}
            rule={rule}
            number={at + 1}
            disabled={disabled}
            onChange={(part) => change(at, part)}
            onRemove={() => set({ cors: draft.cors.filter((_, index) => index !== at) })}
          />
        ))}
        <Refusal text={problems["cors"]} />
      </div>
    </Panel>
  );
}

function CorsFields(props: {
  readonly rule: CorsDraft;
  readonly number: number;
  readonly disabled: boolean;
  readonly onChange: (part: Partial<CorsDraft>) => void;
  readonly onRemove: () => void;
}) {
  const { rule, disabled, onChange } = props;
  return (
    <fieldset className="grid gap-4 sm:grid-cols-2">
      <legend className="mb-2 font-medium">{`Rule ${props.number}`}</legend>
      <TextArea
        label="Origins"
        hint="One a line: https://example.org, https://*.example.org or *"
        disabled={disabled}
        value={rule.origins}
        onChange={(event) => onChange({ origins: event.target.value })}
      />
      <div className="flex flex-col gap-1.5">
        <p className="text-sm font-medium">Methods</p>
        <div className="flex flex-wrap gap-x-4 gap-y-2">
          {methods.map((method) => (
            <CheckField
              key={method}
              label={method}
              disabled={disabled}
              checked={rule.methods.includes(method)}
              onChange={(event) =>
                onChange({
                  methods: methods.filter((one) =>
                    one === method ? event.target.checked : rule.methods.includes(one),
                  ),
                })
              }
            />
          ))}
        </div>
      </div>
      <TextArea
        label="Headers that may be sent"
        hint="One a line; * for all"
        rows={2}
        disabled={disabled}
        value={rule.headers}
        onChange={(event) => onChange({ headers: event.target.value })}
      />
      <TextArea
        label="Headers that pages may read"
        rows={2}
        disabled={disabled}
        value={rule.expose}
        onChange={(event) => onChange({ expose: event.target.value })}
      />
      <TextField
        label="Remembered for, in seconds"
        type="number"
        min={0}
        className="max-w-32"
        disabled={disabled}
        value={rule.maxAge}
        onChange={(event) => onChange({ maxAge: event.target.value })}
      />
      {!disabled && (
        <div className="self-end justify-self-end">
          <Button look="quiet" onClick={props.onRemove}>{`Remove rule ${props.number}`}</Button>
        </div>
      )}
    </fieldset>
  );
}
