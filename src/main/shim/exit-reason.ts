import type { InstanceExit } from "#api/kinds/instance.ts";

/** Why we ended it, when we did. */
export type Asked =
  | { readonly kind: "stop" | "restart" }
  | { readonly kind: "unhealthy"; readonly why: string };

export interface EndFacts {
  /** ISO 8601. */
  readonly at: string;
  readonly code?: number;
  readonly signal?: string;
  readonly outOfMemory: boolean;
  readonly memoryBytes?: number;
  readonly asked?: Asked;
  readonly ranMs: number;
  /** What the program or its sandbox wrote last to standard error. */
  readonly lastLine?: string;
  /** Whether Node said that its heap is full. */
  readonly heapIsFull: boolean;
}

/** A sandbox that cannot be made says so within this time, with one of these names in front. */
const setupMs = 10_000;
const setupLine =
  /^(?:bwrap|setpriv|prlimit|sh|\/run\/start|\/bin\/sh|\/usr\/bin\/sh|chown): (?:\d+: )?(.*)$/;
const setupCodes = [1, 125, 126, 127];

/** How a process ended, for an instance's status. Pure. */
export function exitOf(facts: EndFacts): InstanceExit {
  const { at, code, signal, asked } = facts;
  const end = { at, ...(code === undefined ? {} : { code }), ...(signal === undefined ? {} : { signal }) };
  if (asked?.kind === "unhealthy") return { ...end, reason: "unhealthy", detail: asked.why };
  if (asked !== undefined) return { ...end, reason: "stopped" };
  if (facts.outOfMemory)
    return { ...end, reason: "out-of-memory", detail: memorySentence(facts.memoryBytes) };
  if (facts.heapIsFull && signal !== undefined)
    return { ...end, reason: "out-of-memory", detail: "Node.js reached the limit of its own heap" };
  const refused = facts.lastLine === undefined ? undefined : setupLine.exec(facts.lastLine)?.[1];
  if (refused !== undefined && facts.ranMs < setupMs && setupCodes.includes(code ?? 0))
    return { ...end, reason: "could-not-start", detail: `could not be started: ${refused}` };
  if (signal === undefined) return { ...end, reason: "exited" };
  const detail =
    signal === "SIGKILL" ? "killed from outside (SIGKILL), perhaps for want of memory" : undefined;
  return { ...end, reason: "signalled", ...(detail === undefined ? {} : { detail }) };
}

function memorySentence(bytes: number | undefined): string {
  if (bytes === undefined) return "killed by the kernel because the machine ran out of memory";
  return `killed by the kernel because it needed more than its limit of ${Math.round(bytes / 1024 ** 2)} MiB`;
}
