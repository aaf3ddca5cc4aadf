import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ObjectDetail } from "#api/objects.ts";
import { readUrl, type Target } from "#console/data/object-calls.ts";
import type { InBucket } from "#console/data/object-queries.ts";
import { formatBytes } from "#console/lib/format.ts";
import { previewKind } from "#console/lib/object-names.ts";

/** What is read of a text. */
const textMaxBytes = 64 * 1024;
/** Larger pictures are downloaded by whoever wants them. */
const pictureMaxBytes = 32 * 1024 * 1024;
const textWithinMs = 20_000;
/** An address works for an hour; a panel that stays open longer asks for another. */
const urlFreshMs = 30 * 60_000;

interface Previewed {
  readonly object: ObjectDetail;
  readonly at: InBucket;
  readonly target: Target;
}

/** A picture, or the beginning of a text, as text and never as a page. */
export function ObjectPreview(props: Previewed) {
  const { object } = props;
  const kind = previewKind(object.key, object.contentType);
  if (object.size === 0 || kind === "none") return null;
  if (kind === "text") return <TextPreview {...props} />;
  return object.size <= pictureMaxBytes ? <PicturePreview {...props} /> : null;
}

function PicturePreview({ object, at, target }: Previewed) {
  const [broken, setBroken] = useState("");
  const { data: url, error } = useQuery({
    queryKey: ["object-url", at.project, at.name, object.key, object.etag],
    queryFn: () => readUrl(at, target),
    staleTime: urlFreshMs,
    gcTime: urlFreshMs,
  });
  if (error !== null || (url !== undefined && broken === url)) return <NoPreview />;
  return (
    <div className="grid min-h-40 place-items-center overflow-hidden rounded-md bg-sunken">
      {url !== undefined && (
        <img
          src={url}
          alt={`Preview of ${object.key}`}
          referrerPolicy="no-referrer"
          onError={() => setBroken(url)}
          className="max-h-80 max-w-full object-contain"
        />
      )}
    </div>
  );
}

function TextPreview({ object, at, target }: Previewed) {
  const { data: text, error } = useQuery({
    queryKey: ["object-text", at.project, at.name, object.key, object.etag],
    queryFn: async ({ signal }) => {
      const response = await fetch(await readUrl(at, target), {
        headers: { range: `bytes=0-${textMaxBytes - 1}` },
        credentials: "omit",
        signal: AbortSignal.any([signal, AbortSignal.timeout(textWithinMs)]),
      });
      if (!response.ok) throw new Error(`The S3 service answered with status ${response.status}.`);
      return await response.text();
    },
    retry: false,
  });
  if (error !== null) return <NoPreview />;
  return (
    <figure className="flex min-w-0 flex-col gap-1">
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by the keyboard
        tabIndex={0}
        aria-label={`Preview of ${object.key}`}
        role="region"
        className="max-h-80 min-h-10 overflow-auto rounded-md bg-sunken p-3 text-xs whitespace-pre-wrap"
      >
        {text ?? ""}
      </pre>
      {object.size > textMaxBytes && (
        <figcaption className="text-xs text-faint">
          {`The first ${formatBytes(textMaxBytes)} of ${formatBytes(object.size)}`}
        </figcaption>
      )}
    </figure>
  );
}

function NoPreview() {
  return <p className="text-dim">The preview could not be loaded. Download the object to look at it.</p>;
}
