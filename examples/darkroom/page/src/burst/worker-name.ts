const key = "darkroom.worker";

/** What the data center calls this page when it works along: the same after a reload, another one in every tab. */
export function workerName(user: string): string {
  return `${user}'s browser ${ownPart()}`.slice(0, 80);
}

let kept: string | undefined;

function ownPart(): string {
  kept ??= sessionStorage.getItem(key) ?? crypto.randomUUID().slice(0, 4);
  sessionStorage.setItem(key, kept);
  return kept;
}
