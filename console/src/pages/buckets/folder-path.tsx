import { cx } from "#console/kit/class-names.ts";
import { foldersTo } from "#console/lib/object-names.ts";

/** Where in the bucket this is; every folder on the way is a button. */
export function FolderPath(props: {
  readonly bucket: string;
  readonly prefix: string;
  readonly onOpen: (prefix: string) => void;
}) {
  const folders = [{ name: props.bucket, prefix: "" }, ...foldersTo(props.prefix)];
  return (
    <nav aria-label="Folders" className="min-w-0">
      <ol className="flex flex-wrap items-center gap-x-1">
        {folders.map(({ name, prefix }, at) => {
          const isHere = at === folders.length - 1;
          return (
            <li key={prefix} className="flex min-w-0 items-center gap-1">
              {at > 0 && (
                <span aria-hidden="true" className="text-faint">
                  /
                </span>
              )}
              <button
                type="button"
                aria-current={isHere ? "page" : undefined}
                onClick={() => props.onOpen(prefix)}
                className={cx(
                  "control min-w-0 truncate rounded-sm px-1 hover:bg-hover",
                  isHere ? "font-medium text-ink" : "text-dim hover:text-ink",
                )}
              >
                {name}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
