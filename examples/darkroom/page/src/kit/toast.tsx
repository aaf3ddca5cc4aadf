import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { Button, IconButton } from "./button.tsx";

const toasts = Toast.createToastManager();
const shownMs = 7_000;
/** Long enough to think about it. */
const withActionMs = 12_000;

/** Says something at the edge of the page, politely; with an action, such as undo, a little longer. */
export function say(
  title: string,
  more: {
    readonly isBad?: boolean;
    readonly description?: string;
    readonly action?: { readonly label: string; readonly run: () => void };
  } = {},
): void {
  const { action, description, isBad = false } = more;
  const id = toasts.add({
    title,
    ...(description === undefined ? {} : { description }),
    timeout: action === undefined ? shownMs : withActionMs,
    priority: isBad ? "high" : "low",
    ...(action === undefined
      ? {}
      : {
          actionProps: {
            children: action.label,
            onClick: () => {
              toasts.close(id);
              action.run();
            },
          },
        }),
  });
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="flex items-start gap-3 rounded-lg border border-line bg-raised p-3 shadow-float data-[limited]:hidden"
    >
      <div className="min-w-0 grow">
        <Toast.Title className="font-medium" />
        <Toast.Description className="mt-0.5 text-dim" />
      </div>
      {toast.actionProps !== undefined && <Toast.Action render={<Button look="plain" />} />}
      <Toast.Close
        render={
          <IconButton label="Dismiss">
            <X size={14} aria-hidden="true" />
          </IconButton>
        }
      />
    </Toast.Root>
  ));
}
