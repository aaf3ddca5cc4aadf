import { Switch as Base } from "@base-ui/react/switch";
import { useId } from "react";

export function Switch(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <span className="control inline-flex items-center gap-3">
      <Base.Root
        aria-labelledby={id}
        checked={props.checked}
        disabled={props.disabled === true}
        onCheckedChange={(checked) => props.onChange(checked)}
        className="relative inline-flex h-5 w-9 shrink-0 items-center rounded-full bg-line-strong transition-colors data-[checked]:bg-accent data-[disabled]:opacity-50"
      >
        <Base.Thumb className="ml-0.5 size-4 rounded-full bg-raised transition-transform data-[checked]:translate-x-4" />
      </Base.Root>
      <span id={id} className="text-sm text-ink">
        {props.label}
      </span>
    </span>
  );
}
