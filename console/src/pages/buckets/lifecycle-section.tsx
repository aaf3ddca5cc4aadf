import { Plus } from "lucide-react";
import { Button } from "#console/kit/button.tsx";
import { TextField } from "#console/kit/field.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { Switch } from "#console/kit/switch.tsx";
import type { LifecycleDraft } from "#console/lib/bucket-form.ts";
import { Refusal, type SectionProps } from "#console/pages/buckets/settings-sections.tsx";

const spans = [
  { name: "expireDays", label: "Delete objects after days" },
  { name: "expireNoncurrentDays", label: "Delete old versions after days" },
  { name: "abortUploadsDays", label: "End unfinished uploads after days" },
] as const;

/** What is removed by itself, and when. */
export function LifecycleSection({ draft, set, problems, disabled }: SectionProps) {
  const change = (at: number, part: Partial<LifecycleDraft>) =>
    set({ lifecycle: draft.lifecycle.map((rule, index) => (index === at ? { ...rule, ...part } : rule)) });
  const add = () =>
    set({
      lifecycle: [
        ...draft.lifecycle,
        {
          id: `rule-${draft.lifecycle.length + 1}`,
          enabled: true,
          prefix: "",
          expireDays: "",
          expireNoncurrentDays: "",
          abortUploadsDays: "7",
        },
      ],
    });
  return (
    <Panel
      title="Lifecycle"
      actions={
        !disabled && (
          <Button look="quiet" onClick={add}>
            <Plus size={15} aria-hidden="true" />
            Add a rule
          </Button>
        )
      }
    >
      {draft.lifecycle.length === 0 && <p className="text-dim">Nothing is removed by itself.</p>}
      <div className="flex flex-col gap-6">
        {draft.lifecycle.map((rule, at) => (
          <fieldset key={at} className="grid gap-4 sm:grid-cols-3">
            <legend className="mb-2 font-medium">{`Rule ${at + 1}`}</legend>
            <TextField
              label="Name of the rule"
              disabled={disabled}
              value={rule.id}
              onChange={(event) => change(at, { id: event.target.value })}
            />
            <TextField
              label="Keys that begin with"
              hint="Empty: all"
              className="font-mono"
              disabled={disabled}
              value={rule.prefix}
              onChange={(event) => change(at, { prefix: event.target.value })}
            />
            <div className="self-center">
              <Switch
                label={rule.enabled ? "On" : "Off"}
                checked={rule.enabled}
                disabled={disabled}
                onChange={(enabled) => change(at, { enabled })}
              />
            </div>
            {spans.map(({ name, label }) => (
              <TextField
                key={name}
                label={label}
                type="number"
                min={1}
                placeholder="never"
                disabled={disabled}
                value={rule[name]}
                onChange={(event) => change(at, { [name]: event.target.value })}
              />
            ))}
            {!disabled && (
              <div className="sm:col-span-3 sm:justify-self-end">
                <Button
                  look="quiet"
                  onClick={() => set({ lifecycle: draft.lifecycle.filter((_, index) => index !== at) })}
                >
                  {`Remove rule ${at + 1}`}
                </Button>
              </div>
            )}
          </fieldset>
        ))}
        <Refusal text={problems["lifecycle"]} />
      </div>
    </Panel>
  );
}
