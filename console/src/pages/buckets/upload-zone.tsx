import { FolderUp, Upload } from "lucide-react";
import { useRef, useState, type DragEvent, type ReactNode } from "react";
import { chosenFiles, droppedFiles } from "#console/data/object-files.ts";
import type { NewUpload } from "#console/data/object-uploads.ts";
import { Button } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { say } from "#console/kit/toast.tsx";

/** Takes what is dropped on a folder. Dropping is the pointer's way; the buttons are everybody's. */
export function UploadZone(props: {
  readonly prefix: string;
  readonly disabled: boolean;
  readonly onFiles: (files: readonly NewUpload[]) => void;
  readonly children: ReactNode;
}) {
  const [over, setOver] = useState(false);

  async function drop(event: DragEvent): Promise<void> {
    event.preventDefault();
    setOver(false);
    if (props.disabled) return;
    try {
      props.onFiles(await droppedFiles(event.dataTransfer, props.prefix));
    } catch {
      say("What was dropped could not be read", { tone: "bad" });
    }
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      aria-label="Objects of this folder"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(!props.disabled);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false); // what it enters is a node, or nothing
      }}
      onDrop={(event) => void drop(event)}
      className={cx(
        "rounded-lg border bg-surface transition-colors",
        over ? "border-accent bg-accent-soft" : "border-line",
      )}
    >
      {props.children}
    </section>
  );
}

export function UploadButtons(props: {
  readonly prefix: string;
  readonly onFiles: (files: readonly NewUpload[]) => void;
}) {
  return (
    <>
      <Choose {...props} folders={false}>
        <Upload size={15} aria-hidden="true" />
        Upload files
      </Choose>
      <Choose {...props} folders>
        <FolderUp size={15} aria-hidden="true" />
        Upload a folder
      </Choose>
    </>
  );
}

function Choose(props: {
  readonly prefix: string;
  readonly folders: boolean;
  readonly onFiles: (files: readonly NewUpload[]) => void;
  readonly children: ReactNode;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={(element) => {
          input.current = element;
          if (element !== null) element.webkitdirectory = props.folders;
        }}
        type="file"
        multiple
        aria-label={props.folders ? "Folder to upload" : "Files to upload"}
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          props.onFiles(chosenFiles(event.target.files ?? [], props.prefix));
          event.target.value = ""; // so that the same file can be chosen again
        }}
      />
      <Button onClick={() => input.current?.click()}>{props.children}</Button>
    </>
  );
}
