/** How fast this page fetches and sends, as it was seen: bytes a second, a mean that follows what is new. */
class LinkMeasure {
  #downlink: number | undefined;
  #uplink: number | undefined;

  /** What short transfers say is the time that a request takes, not the link's rate. */
  static readonly leastBytes = 64 * 1024;

  fetched(bytes: number, ms: number): void {
    if (bytes >= LinkMeasure.leastBytes)
      this.#downlink = mean(this.#downlink, (bytes * 1000) / Math.max(1, ms));
  }

  sent(bytes: number, ms: number): void {
    if (bytes >= LinkMeasure.leastBytes) this.#uplink = mean(this.#uplink, (bytes * 1000) / Math.max(1, ms));
  }

  /** What was never measured is taken for an ordinary line: 40 Mbit/s down, a quarter of the measured rate up. */
  get rates(): { readonly uplink: number; readonly downlink: number } {
    const downlink = this.#downlink ?? 5_000_000;
    return { downlink, uplink: this.#uplink ?? downlink / 4 };
  }
}

export const linkMeasure = new LinkMeasure();

function mean(before: number | undefined, now: number): number {
  return before === undefined ? now : before * 0.7 + now * 0.3;
}
