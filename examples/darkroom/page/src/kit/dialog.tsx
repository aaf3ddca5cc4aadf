import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "./button.tsx";
import { cx } from "./class-names.ts";

/** A question over the page. Focus stays inside and goes back to where it was. */
export function Dialog(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <Base.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Base.Viewport className="fixed inset-0 z-50 grid place-items-center overflow-y-auto p-4 max-sm:items-end max-sm:p-0">
          <Base.Popup
            className={cx(
              "flex w-full flex-col gap-4 rounded-xl border border-line bg-raised p-5 shadow-float max-sm:rounded-b-none max-sm:pb-8",
              props.wide === true ? "max-w-3xl" : "max-w-lg",
            )}
          >
            <div className="flex items-start justify-between gap-4">
              <div>
                <Base.Title className="text-lg font-semibold">{props.title}</Base.Title>
                {props.description !== undefined && (
                  <Base.Description className="mt-1 text-dim">{props.description}</Base.Description>
                )}
              </div>
              <IconButton label="Close" onClick={props.onClose}>
                <X size={16} aria-hidden="true" />
              </IconButton>
            </div>
            {props.children}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

export function DialogActions(props: { readonly children: ReactNode }) {
  return <div className="mt-2 flex flex-wrap justify-end gap-2 max-sm:*:grow">{props.children}</div>;
}
