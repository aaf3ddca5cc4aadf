import { useState, type DragEvent, type ReactNode } from "react";

const maxEntries = 5_000;

/** The whole page takes files and folders that are dropped on it. */
export function DropArea(props: {
  readonly onFiles: (files: readonly File[]) => void;
  readonly children: ReactNode;
}) {
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const entries = [...event.dataTransfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
    filesOf(entries).then(props.onFiles, () => props.onFiles([]));
  };
  return (
    <div
      className="relative flex grow flex-col"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setOver(false);
      }}
      onDrop={drop}
    >
      {props.children}
      {isOver && (
        <div className="pointer-events-none fixed inset-4 z-40 grid place-items-center rounded-xl border-2 border-dashed border-accent bg-scrim text-lg font-medium">
          Drop photos or a folder
        </div>
      )}
    </div>
  );
}

/** Files of what was dropped, folders with everything below them. */
async function filesOf(entries: readonly FileSystemEntry[]): Promise<readonly File[]> {
  const files: File[] = [];
  const line = [...entries];
  for (let entry = line.shift(); entry !== undefined && files.length < maxEntries; entry = line.shift()) {
    if (entry.isFile) files.push(await fileOf(entry as FileSystemFileEntry)); // said by isFile
    else line.push(...(await entriesOf(entry as FileSystemDirectoryEntry))); // what is no file is a folder
  }
  return files.filter(({ name }) => !name.startsWith("."));
}

async function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return await new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A folder gives its entries a hundred at a time, and none when there are no more. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  while (all.length < maxEntries) {
    const some = await new Promise<readonly FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    all.push(...some);
  }
  return all;
}
