import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cx } from "#console/kit/class-names.ts";

const itemClass =
  "control flex w-full cursor-default items-center gap-2.5 rounded-sm px-2.5 text-sm text-ink outline-none select-none data-[highlighted]:bg-hover data-[disabled]:opacity-50";

/** Menus hang in the content, so that what they say is inside a landmark. Looked up when one opens. */
const place = {
  get current(): HTMLElement | null {
    return document.getElementById("content");
  },
};

export function Menu(props: {
  readonly trigger: ReactElement;
  readonly children: ReactNode;
  readonly align?: "start" | "end";
  readonly side?: "top" | "bottom";
}) {
  return (
    <Base.Root>
      <Base.Trigger render={props.trigger} />
      <Base.Portal container={place}>
        <Base.Positioner
          align={props.align ?? "end"}
          side={props.side ?? "bottom"}
          sideOffset={6}
          className="z-50"
        >
          <Base.Popup className="float max-h-[80dvh] min-w-52 overflow-y-auto rounded-lg bg-raised p-1 shadow-float outline-none">
            {props.children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem(props: {
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Base.Item
      onClick={props.onClick}
      disabled={props.disabled === true}
      className={cx(itemClass, props.danger === true && "text-bad")}
    >
      {props.icon !== undefined && <span className="text-dim">{props.icon}</span>}
      {props.children}
    </Base.Item>
  );
}

export function MenuChoice<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly label: string }[];
  readonly onChoose: (value: T) => void;
}) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2.5 pt-2 pb-1 text-xs text-faint">{props.label}</Base.GroupLabel>
      <Base.RadioGroup value={props.value} onValueChange={(value: T) => props.onChoose(value)}>
        {props.choices.map((choice) => (
          <Base.RadioItem key={choice.value} value={choice.value} closeOnClick={false} className={itemClass}>
            <span className="grid size-4 place-items-center text-accent">
              <Base.RadioItemIndicator>●</Base.RadioItemIndicator>
            </span>
            {choice.label}
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
