import { useState } from "react";
import type { AlbumStore } from "../data/album-store.ts";
import type { Album } from "../data/own-server.ts";
import { start } from "../lib/start.ts";

/** The album's name, which is changed where it stands. */
export function AlbumTitle({ store, album }: { readonly store: AlbumStore; readonly album: Album }) {
  const [text, setText] = useState<string>();
  const before = album.title;
  const done = () => {
    const title = text?.trim() ?? "";
    setText(undefined);
    if (title === "" || title === before) return;
    start(
      "The name could not be changed",
      async () =>
        await store.undoable(
          "the new name",
          (now) => ({ ...now, title }),
          (now) => ({ ...now, title: before }),
        ),
    );
  };
  return (
    <h1 className="text-xl font-semibold tracking-tight">
      <input
        aria-label="Name of the album"
        value={text ?? before}
        maxLength={200}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={done}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setText(undefined);
        }}
        className="field-sizing-content max-w-full min-w-24 rounded-md bg-transparent px-1 hover:bg-hover"
      />
    </h1>
  );
}
