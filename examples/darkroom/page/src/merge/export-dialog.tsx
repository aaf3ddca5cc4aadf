import { useRef, useState } from "react";
import { openAlbum } from "../data/open-albums.ts";
import { openEngine } from "../engine/engine.ts";
import { Button } from "../kit/button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import { Slider } from "../kit/slider.tsx";
import { say } from "../kit/toast.tsx";
import { start } from "../lib/start.ts";
import { exportPicture, type FileFormat, fileFormats } from "./export-picture.ts";
import { provenanceFacts } from "./provenance.ts";
import type { SavedResult } from "./save-result.ts";
import { useParams } from "react-router";

const usualQuality = 92;

/** A result as a file on disk, in the format of one's choice, with its provenance. */
export function ExportDialog(props: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly results: ReadonlyMap<string, string>;
  readonly saved: SavedResult;
}) {
  const { results, saved } = props;
  const { album: id = "" } = useParams();
  const [format, setFormat] = useState<FileFormat>("jpeg");
  const [quality, setQuality] = useState(usualQuality);
  const [share, setShare] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  const hasLight = [...results.keys()].some((name) => name.startsWith("radiance "));
  const isNarrow = saved.record.keeping.output === "u8";
  const formats = Object.entries(fileFormats).filter(([key, one]) =>
    one.hasLight ? hasLight : !(isNarrow && key.endsWith("16")),
  );
  const close = () => {
    stop.current?.abort();
    setShare(undefined);
    props.onClose();
  };
  const write = async () => {
    const running = (stop.current = new AbortController());
    setShare(0);
    try {
      const { kernels } = await openEngine();
      const album = (await openAlbum(id)).read();
      const { photo, record, taskIds } = saved;
      const bytes = await exportPicture(
        {
          results,
          size: { width: photo.width, height: photo.height },
          name: photo.name.replace(/\.[^.]*$/, ""),
          format,
          quality,
          provenance: provenanceFacts(album, kernels, record, taskIds),
        },
        running.signal,
        setShare,
      );
      if (bytes === undefined) return;
      say(`${fileFormats[format].name} written`, { description: `${(bytes / 1_000_000).toFixed(1)} MB` });
      props.onClose();
    } finally {
      setShare(undefined);
    }
  };
  return (
    <Dialog
      open={props.open}
      onClose={close}
      title="Export"
      description="Where it comes from and how it was made is written into the file."
    >
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 text-xs text-dim">Format</legend>
        {formats.map(([key, { name }]) => (
          <label key={key} className="control flex cursor-pointer items-center gap-2">
            <input
              type="radio"
              name="format"
              className="size-4"
              checked={format === key}
              // The keys of the record are the formats.
              onChange={() => setFormat(key as FileFormat)}
            />
            {name}
          </label>
        ))}
      </fieldset>
      {format === "jpeg" && (
        <Slider
          label="Quality"
          value={quality}
          usual={usualQuality}
          min={50}
          max={100}
          step={1}
          show={(value) => value.toFixed(0)}
          onChange={setQuality}
        />
      )}
      <DialogActions>
        <Button onClick={close}>{share === undefined ? "Close" : "Stop"}</Button>
        <Button
          look="primary"
          busy={share !== undefined}
          onClick={() => start("The file could not be written", write)}
        >
          {share === undefined ? "Write the file" : `Writing ${Math.round(share * 100)} %`}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
