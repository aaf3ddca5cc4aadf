import { useEffect, useRef, useState } from "react";
import { type Histogram, histogramOf, type Picture } from "./picture.ts";

const atMostEachMs = 150;

/** The histogram of what is shown, a few times a second while tiles come. */
export function useHistogram(
  onDrawn: (listener: () => void) => () => void,
  shown: () => Picture | undefined,
): Histogram | undefined {
  const [histogram, setHistogram] = useState<Histogram>();
  const latest = useRef(shown);
  useEffect(() => {
    latest.current = shown;
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = () => {
      timer = undefined;
      setHistogram(histogramOf(latest.current()));
    };
    const stop = onDrawn(() => {
      timer ??= setTimeout(count, atMostEachMs);
    });
    count();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [onDrawn]);
  return histogram;
}
