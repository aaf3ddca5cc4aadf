import { VdcError } from "#api/errors.ts";

/** A bounded number of something that stays open, for one caller and for all together. */
export interface Places {
  /** Throws `busy` when there is none left. Safe to release twice. */
  reserve(caller: string): Disposable;
}

/** `what` as in "Too many event streams are open." */
export function createPlaces(limits: {
  readonly what: string;
  readonly all: number;
  readonly perCaller: number;
}): Places {
  const { what } = limits;
  const byCaller = new Map<string, number>();
  let reserved = 0;
  return {
    reserve(caller) {
      const own = byCaller.get(caller) ?? 0;
      if (reserved >= limits.all) throw new VdcError("busy", `Too many ${what} are open.`);
      if (own >= limits.perCaller)
        throw new VdcError("busy", `You have ${own} ${what} open, which is the limit.`);
      reserved += 1;
      byCaller.set(caller, own + 1);
      let isReleased = false;
      return {
        [Symbol.dispose]() {
          if (isReleased) return;
          isReleased = true;
          reserved -= 1;
          const left = (byCaller.get(caller) ?? 1) - 1;
          if (left === 0) byCaller.delete(caller);
          else byCaller.set(caller, left);
        },
      };
    },
  };
}
