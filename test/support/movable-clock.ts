import { systemClock, type Clock } from "#lib/clock.ts";

/** The system's clock, of which a test can move the wall time on. Timers and durations are not moved. */
export function movableClock(): Clock & { advance(ms: number): void } {
  let ahead = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + ahead,
    advance: (ms) => {
      ahead += ms;
    },
  };
}
