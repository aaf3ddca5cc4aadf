import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { IconButton } from "#console/kit/button.tsx";
import { StateMark, type Tone } from "#console/kit/state.tsx";

const toasts = Toast.createToastManager<{ readonly tone: Tone }>();
const shownMs = 7000;
/** Long enough to think about it. */
const withActionMs = 12_000;

/** Says something at the edge of the page, politely; an action stays a little longer. */
export function say(
  title: string,
  more: {
    readonly tone?: Tone;
    readonly description?: string;
    readonly action?: { readonly label: string; readonly run: () => void };
  } = {},
): void {
  const { action } = more;
  const id = toasts.add({
    title,
    ...(more.description === undefined ? {} : { description: more.description }),
    timeout: action === undefined ? shownMs : withActionMs,
    priority: more.tone === "bad" ? "high" : "low",
    data: { tone: more.tone ?? "good" },
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
    <Toast.Provider toastManager={toasts} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 max-md:bottom-20">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts: shown } = Toast.useToastManager<{ readonly tone: Tone }>();
  return shown.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="float rounded-lg bg-raised shadow-float data-[starting-style]:translate-y-3 data-[limited]:hidden"
    >
      <Toast.Content className="flex items-start gap-3 py-3 pr-2 pl-4">
        <span className="flex h-5 items-center">
          <StateMark tone={toast.data?.tone ?? "good"} />
        </span>
        <div className="min-w-0 grow">
          <Toast.Title className="font-medium text-ink" />
          <Toast.Description className="text-dim" />
        </div>
        <Toast.Action className="-my-1 rounded-md px-2 py-1 font-medium text-accent hover:bg-hover max-sm:min-h-10" />
        <Toast.Close
          render={
            <IconButton label="Dismiss" className="-my-1.5">
              <X size={14} aria-hidden="true" />
            </IconButton>
          }
        />
      </Toast.Content>
    </Toast.Root>
  ));
}
