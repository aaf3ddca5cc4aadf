import type { Photo } from "../data/own-server.ts";

/** `1/125 s`, as photographers write it; empty when the camera did not say. */
export function exposure({ exif }: Pick<Photo, "exif">): string {
  const seconds = exif.exposureSeconds;
  if (seconds === undefined) return "";
  return seconds >= 0.4 ? `${Number(seconds.toFixed(1))} s` : `1/${Math.round(1 / seconds)} s`;
}
