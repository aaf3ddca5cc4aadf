import { useEffect, useState } from "react";
import { browserClock } from "#console/lib/clock.ts";

/** The value once it has stayed for `ms`: what is asked of the server while somebody types. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => browserClock.after(ms, () => setSettled(value)), [value, ms]);
  return settled;
}
