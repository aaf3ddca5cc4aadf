import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { IconButton } from "#console/kit/button.tsx";
import { browserClock } from "#console/lib/clock.ts";

const shownMs = 1600;

export function CopyButton(props: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? browserClock.after(shownMs, () => setCopied(false)) : undefined), [copied]);
  return (
    <IconButton
      label={copied ? "Copied" : props.label}
      onClick={() => {
        void copyText(props.text).then(setCopied);
      }}
    >
      {copied ? (
        <Check size={15} aria-hidden="true" className="text-good" />
      ) : (
        <Copy size={15} aria-hidden="true" />
      )}
    </IconButton>
  );
}

/** The clipboard exists only in secure contexts; elsewhere the old command does it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    (document.querySelector("[role=dialog]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** Something to be typed elsewhere: a command, a link, a secret. */
export function CopyField(props: { readonly text: string; readonly label: string }) {
  return (
    <div className="flex min-w-0 items-center gap-1 rounded-md bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 grow text-xs break-all text-ink select-all">{props.text}</code>
      <CopyButton text={props.text} label={props.label} />
    </div>
  );
}
