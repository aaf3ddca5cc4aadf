import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";

const backdrop = "float fixed inset-0 z-40 bg-scrim";

/** A question or a form over the page. Focus stays inside and goes back to where it was. */
export function Dialog(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly wide?: boolean;
  /** False for what has to be answered. */
  readonly dismissible?: boolean;
  readonly children: ReactNode;
}) {
  const dismissible = props.dismissible !== false;
  return (
    <Base.Root
      open={props.open}
      onOpenChange={(open) => !open && dismissible && props.onClose()}
      disablePointerDismissal={!dismissible}
    >
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Viewport className="fixed inset-0 z-50 grid place-items-center overflow-y-auto p-4 max-sm:items-end max-sm:p-0">
          <Base.Popup
            className={cx(
              "float flex w-full flex-col gap-4 rounded-lg bg-raised p-5 shadow-float data-[starting-style]:translate-y-2 max-sm:rounded-b-none max-sm:pb-8",
              props.wide === true ? "max-w-3xl" : "max-w-lg",
            )}
          >
            <div className="flex items-start justify-between gap-4">
              <div className="min-w-0">
                <Base.Title className="text-lg font-semibold">{props.title}</Base.Title>
                {props.description !== undefined && (
                  <Base.Description className="mt-1 text-dim">{props.description}</Base.Description>
                )}
              </div>
              {dismissible && (
                <IconButton label="Close" onClick={props.onClose} className="-mt-1 -mr-1">
                  <X size={16} aria-hidden="true" />
                </IconButton>
              )}
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

/** What comes from the side and leaves the page in sight. */
export function Drawer(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <Base.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup className="float fixed inset-y-0 right-0 z-50 flex w-full max-w-md flex-col bg-surface shadow-float data-[ending-style]:translate-x-6 data-[starting-style]:translate-x-6">
          <div className="flex min-h-14 items-center justify-between gap-4 border-b border-line px-4">
            <Base.Title className="text-md font-semibold">{props.title}</Base.Title>
            <div className="flex items-center gap-1">
              {props.actions}
              <IconButton label="Close" onClick={props.onClose}>
                <X size={16} aria-hidden="true" />
              </IconButton>
            </div>
          </div>
          <div className="min-h-0 grow overflow-y-auto overscroll-contain">{props.children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
