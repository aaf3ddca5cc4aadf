import { maxUploads, type NewUpload } from "#console/data/object-uploads.ts";

/** What was chosen in a file dialog; of a folder with the paths in it. */
export function chosenFiles(files: Iterable<File>, prefix: string): readonly NewUpload[] {
  return [...files].map((file) => ({
    key: prefix + (file.webkitRelativePath === "" ? file.name : file.webkitRelativePath),
    file,
  }));
}

/**
 * What was dropped, folders with all that is in them, at most `maxUploads` files. The entries have to be taken before anything is waited for: the browser
 * empties the transfer after the event.
 */
export async function droppedFiles(transfer: DataTransfer, prefix: string): Promise<readonly NewUpload[]> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: NewUpload[] = [];
  for (const { entry, file } of entries) {
    if (entry !== null) await collect(entry, prefix, found);
    else if (file !== null) found.push({ key: prefix + file.name, file });
  }
  return found;
}

async function collect(entry: FileSystemEntry, prefix: string, found: NewUpload[]): Promise<void> {
  if (found.length >= maxUploads) return;
  if (entry.isFile) {
    // The entry says itself which of the two it is.
    const { promise, resolve, reject } = Promise.withResolvers<File>();
    (entry as FileSystemFileEntry).file(resolve, reject);
    found.push({ key: prefix + entry.name, file: await promise });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader(); // as above
  for (;;) {
    const { promise, resolve, reject } = Promise.withResolvers<FileSystemEntry[]>();
    reader.readEntries(resolve, reject);
    const some = await promise;
    if (some.length === 0) return;
    for (const one of some) await collect(one, `${prefix}${entry.name}/`, found);
  }
}
