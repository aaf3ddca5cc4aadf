/** `0.42 ms`, `8.3 ms`, `120 ms`, `2.4 s`: as much as a person reads. */
export function formatMs(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
  if (ms >= 9.95 || ms === 0) return `${Math.round(ms)} ms`;
  return ms >= 0.995 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}

/** `0/s`, `0.4/s`, `12/s`, `1,250/s`. */
export function formatPerSecond(rate: number): string {
  const digits = rate === 0 || rate >= 9.95 ? 0 : 1;
  return `${rate.toLocaleString("en", { maximumFractionDigits: digits })}/s`;
}

export type StatusClass = "all" | "2xx" | "3xx" | "4xx" | "5xx" | "failed";

export interface RequestFilter {
  readonly status: StatusClass;
  /** Part of the path, whatever the case. */
  readonly path: string;
}

interface Ended {
  readonly status: number;
  readonly path: string;
  readonly ended?: string | undefined;
}

/** `failed` is what people look for when something is wrong: 5xx answers and requests that broke off. */
export function fitsFilter(request: Ended, filter: RequestFilter): boolean {
  const byStatus =
    filter.status === "all" ||
    (filter.status === "failed"
      ? request.status >= 500 || request.status === 0
      : Math.floor(request.status / 100) === Number(filter.status[0]));
  return byStatus && request.path.toLowerCase().includes(filter.path.toLowerCase());
}
