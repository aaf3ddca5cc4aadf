/** Something with one deadline at a time. To move the deadline is to write a number; no timer is made, moved or cancelled. */
export interface Timed {
  /** On the monotonic clock; 0 while there is none. Kept to within a sweep's interval. */
  deadline: number;
  /** Called once when the deadline is over; it is 0 then. */
  expired(now: number): void;
  previousTimed: Timed | undefined;
  nextTimed: Timed | undefined;
}

/**
 * All deadlines of a gateway in one intrusive list that is walked a few times a second. Requests last shorter than that, so a
 * request costs two link changes; an idle connection costs one comparison for each walk.
 */
export class Sweep {
  /** Of the last walk, on the monotonic clock: precise enough for deadlines, and free. */
  now: number;
  size = 0;
  #first: Timed | undefined;
  /** Where the walk goes on, so that anything may be removed while it lasts. */
  #cursor: Timed | undefined;

  constructor(now: number) {
    this.now = now;
  }

  add(timed: Timed): void {
    timed.nextTimed = this.#first;
    timed.previousTimed = undefined;
    if (this.#first !== undefined) this.#first.previousTimed = timed;
    this.#first = timed;
    this.size++;
  }

  /** Only of one that was added; afterwards it can be added again. */
  remove(timed: Timed): void {
    const { previousTimed: previous, nextTimed: next } = timed;
    if (this.#cursor === timed) this.#cursor = next;
    if (previous === undefined) this.#first = next;
    else previous.nextTimed = next;
    if (next !== undefined) next.previousTimed = previous;
    timed.previousTimed = timed.nextTimed = undefined;
    this.size--;
  }

  run(now: number): void {
    this.now = now;
    for (let timed = this.#first; timed !== undefined; timed = this.#cursor) {
      this.#cursor = timed.nextTimed;
      if (timed.deadline === 0 || timed.deadline > now) continue;
      timed.deadline = 0;
      timed.expired(now);
    }
    this.#cursor = undefined;
  }
}
