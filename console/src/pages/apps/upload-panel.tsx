import { Upload } from "lucide-react";
import { useEffect, useId, useRef, useState, type DragEvent } from "react";
import { uploadPackage } from "#console/data/upload-package.ts";
import { Button } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { FailureNote } from "#console/kit/failure.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatBytes } from "#console/lib/format.ts";
import { inReadersLanguage } from "#console/lib/localized.ts";

type Upload =
  | { readonly kind: "idle" }
  | { readonly kind: "sending"; readonly file: File; readonly sent: number }
  | { readonly kind: "refused"; readonly file: string; readonly error: unknown };

/** Takes a package file by a button or dropped on it, says how far it is, and why one was refused. */
export function UploadPackage(props: { readonly project: string }) {
  const [upload, setUpload] = useState<Upload>({ kind: "idle" });
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const running = useRef<AbortController>(undefined);
  const id = useId();
  useEffect(() => () => running.current?.abort(), []);

  async function send(file: File | undefined): Promise<void> {
    if (file === undefined || upload.kind === "sending") return;
    const control = new AbortController();
    running.current = control;
    setUpload({ kind: "sending", file, sent: 0 });
    try {
      const made = await uploadPackage(props.project, file, {
        signal: control.signal,
        onSent: (sent) => setUpload({ kind: "sending", file, sent }),
      });
      setUpload({ kind: "idle" });
      const { manifest } = made.spec;
      say(`${inReadersLanguage(manifest.name)} ${manifest.version} is in the catalogue`);
    } catch (error) {
      setUpload(control.signal.aborted ? { kind: "idle" } : { kind: "refused", file: file.name, error });
    }
  }

  function drop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    void send(event.dataTransfer.files[0]);
  }

  return (
    // Dropping is the pointer's way; the button in it is everybody's.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      aria-label="Upload a package"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={cx(
        "flex flex-col gap-3 rounded-lg border border-dashed p-4 transition-colors",
        over ? "border-accent bg-accent-soft" : "border-line-strong",
      )}
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-dim">
          Drop a package file here, or choose one. It is verified before it is in the catalogue.
        </p>
        <input
          ref={input}
          id={id}
          type="file"
          accept=".tar,.tgz,.gz,.vdc,.vdcpkg"
          aria-label="Package file"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            void send(event.target.files?.[0]);
            event.target.value = ""; // so that the same file can be chosen again
          }}
        />
        <Button onClick={() => input.current?.click()} disabled={upload.kind === "sending"}>
          <Upload size={15} aria-hidden="true" />
          Choose a file
        </Button>
      </div>
      {upload.kind === "sending" && <Sending upload={upload} onCancel={() => running.current?.abort()} />}
      {upload.kind === "refused" && (
        <div className="flex flex-col gap-2">
          <p className="font-medium">{upload.file} was refused</p>
          <FailureNote error={upload.error} />
        </div>
      )}
    </section>
  );
}

function Sending(props: {
  readonly upload: Extract<Upload, { kind: "sending" }>;
  readonly onCancel: () => void;
}) {
  const { file, sent } = props.upload;
  const percent = file.size === 0 ? 0 : Math.min(100, Math.round((sent / file.size) * 100));
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center justify-between gap-3">
        <span role="status" className="text-dim tabular">
          {percent < 100
            ? `${file.name}: ${formatBytes(sent)} of ${formatBytes(file.size)}`
            : `${file.name}: being verified`}
        </span>
        <Button look="quiet" onClick={props.onCancel}>
          Cancel
        </Button>
      </div>
      <Progress label={`Upload of ${file.name}`} percent={percent} />
    </div>
  );
}
