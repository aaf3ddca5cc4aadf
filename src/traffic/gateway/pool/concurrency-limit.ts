import { poolLimits } from "./limits.ts";

/** A window is judged when it is this old and has this many answers; an older one with fewer says nothing. */
const windowMs = 1_000;
const windowAnswers = 20;
const windowMaxMs = 60_000;

/** Mean requests in the member, relative to its limit, below which its answers' times are those of an idle member. */
const lowLoad = 0.25;
/** How far the limit has to be used before a window says anything about it. */
const used = 0.75;
/** Answers may take this many times the baseline, and this much more, before the member counts as overloaded. */
const tolerance = 2;
const toleranceMs = 5;
/** The limit leaves room for this many times the requests that are really served at once: one is served while one waits. */
const gain = 2;
/** A cut takes away a fifth at most; above what was once too much it grows by a tenth of itself for each window. */
const cut = 0.8;
const growth = 1.1;
/** When requests in the member came down to this share, answers have to take no more than this share of what they took. */
const proofLoad = 0.7;
const proofTime = 0.85;

/**
 * How many requests one member may have at once: the policy's cap, or less when the member shows that more of them only wait
 * inside of it. Measured from what passes anyway; requests are never held back to measure something (envoyproxy/envoy#8337,
 * #11579). The estimate is Little's law: answers per second times the time of an answer of the idle member is what it
 * really works on at once. That holds for means whatever the variance, so a member whose answers vary is not punished (#9038).
 *
 * A long answer is not always load: requests may have become slower by their nature. So a cut has to prove itself; when answers
 * do not get faster as the limit goes down, the longer time becomes the baseline and the limit goes back to where it was.
 */
export class ConcurrencyLimit {
  value: number;
  #cap: number;
  #learns: boolean;
  /** Mean milliseconds of an answer of the idle member; 0: not known yet. */
  #baselineMs = 0;
  /** The same of a member's first answers: all there is to judge by before its first quiet window. */
  #firstMs = 0;
  #firstAnswers = 0;
  /** Up to here the limit grows with each answer; it is lowered by a cut. */
  #quickUntil = Number.POSITIVE_INFINITY;
  #windowFrom = -1;
  #answers = 0;
  #sumMs = 0;
  #mostInFlight = 0;
  /** Limit, mean requests in the member and mean time before the cuts that are not proved yet; 0: there are none. */
  #proofFromLimit = 0;
  #proofFromLoad = 0;
  #proofFromMs = 0;

  constructor(cap: number, learns: boolean) {
    this.#cap = cap;
    this.#learns = learns;
    this.value = learns ? Math.min(cap, poolLimits.freshConcurrency) : cap;
  }

  configure(cap: number, learns: boolean): void {
    if (!learns) this.value = cap;
    else if (!this.#learns) this.value = Math.min(cap, poolLimits.freshConcurrency);
    else this.value = Math.min(cap, this.value);
    this.#cap = cap;
    this.#learns = learns;
  }

  /** A good answer came after `responseMs`, while `inFlight` requests, itself included, were in the member. */
  answered(responseMs: number, inFlight: number, now: number): void {
    if (!this.#learns) return;
    this.#growBy(responseMs, inFlight);
    if (this.#windowFrom < 0) this.#windowFrom = now;
    this.#answers += 1;
    this.#sumMs += responseMs;
    if (inFlight > this.#mostInFlight) this.#mostInFlight = inFlight;
    const ageMs = now - this.#windowFrom;
    if (ageMs < windowMs || ageMs * this.#answers < 2 * this.#sumMs) return; // twice as long as an answer, so that most began in it
    if (this.#answers >= windowAnswers && ageMs <= windowMaxMs) this.#judge(ageMs);
    else if (ageMs <= windowMaxMs) return;
    this.#windowFrom = now;
    this.#answers = 0;
    this.#sumMs = 0;
    this.#mostInFlight = 0;
  }

  /** Each quick answer of a member that is in full use makes room for one more. */
  #growBy(responseMs: number, inFlight: number): void {
    if (this.#firstAnswers < poolLimits.freshConcurrency) {
      this.#firstAnswers += 1;
      this.#firstMs += (responseMs - this.#firstMs) / this.#firstAnswers;
    }
    if (this.value >= Math.min(this.#cap, this.#quickUntil) || inFlight < this.value * used) return;
    const usualMs = this.#baselineMs === 0 ? this.#firstMs : this.#baselineMs;
    if (responseMs <= tolerance * usualMs + toleranceMs) this.value += 1;
  }

  #judge(ageMs: number): void {
    const meanMs = this.#sumMs / this.#answers;
    const perMs = this.#answers / ageMs;
    const load = perMs * meanMs; // requests in the member, by Little's law
    if (load <= Math.max(1, this.value * lowLoad)) this.#learnBaseline(meanMs);
    if (this.#baselineMs === 0 || this.#mostInFlight < this.value * used) return;
    if (this.#refuted(load, meanMs)) return;
    if (meanMs <= tolerance * this.#baselineMs + toleranceMs) {
      this.value = Math.min(this.#cap, Math.ceil(this.value * growth));
      this.#quickUntil = Math.max(this.#quickUntil, this.value);
      return;
    }
    if (this.#proofFromLimit === 0) {
      this.#proofFromLimit = this.value;
      this.#proofFromLoad = load;
      this.#proofFromMs = meanMs;
    }
    const enough = Math.ceil(gain * perMs * this.#baselineMs);
    const lowered = Math.max(enough, Math.floor(this.value * cut), poolLimits.learnedFloor);
    this.value = Math.min(this.value, lowered);
    this.#quickUntil = this.value;
  }

  /** Downwards at once, upwards slowly: the first quiet answers after a start are slow ones. */
  #learnBaseline(meanMs: number): void {
    if (this.#baselineMs === 0) this.#baselineMs = meanMs;
    else this.#baselineMs += (meanMs - this.#baselineMs) * (meanMs < this.#baselineMs ? 0.5 : 0.1);
  }

  /** Whether cuts turned out to change nothing; takes them back then. */
  #refuted(load: number, meanMs: number): boolean {
    if (this.#proofFromLimit === 0 || load > this.#proofFromLoad * proofLoad) return false;
    const wasInVain = meanMs > this.#proofFromMs * proofTime;
    if (wasInVain) {
      this.#baselineMs = meanMs;
      this.value = Math.min(this.#cap, this.#proofFromLimit);
      this.#quickUntil = Number.POSITIVE_INFINITY;
    }
    this.#proofFromLimit = 0;
    return wasInVain;
  }
}
