import type { App, Instance } from "./facts.ts";

const maxReasonLength = 300;

/**
 * Why no instance of a component is ready, for the client whose request was held too long. Undefined when one is: then
 * the wait has another reason, which the gateway knows.
 */
export function holdReason(
  app: App | undefined,
  component: string,
  instances: readonly Instance[],
): string | undefined {
  if (app === undefined) return undefined;
  if (instances.some(isServing)) return undefined;
  return clip(reasonOf(app, component, instances));
}

function isServing({ spec, status }: Instance): boolean {
  return spec.wanted === "running" && status.phase === "ready";
}

function reasonOf(app: App, component: string, instances: readonly Instance[]): string {
  if (app.deletingSince !== undefined) return "the app is being deleted";
  if (app.spec.stopped) return "the app is stopped";
  const wanted = instances.filter((one) => one.spec.wanted === "running");
  for (const words of [inCrashLoop, failed, restarting, unhealthy]) {
    const found = wanted.map(words).find((text) => text !== undefined);
    if (found !== undefined) return found;
  }
  if (wanted.length > 0) return "the app is starting";
  const state = app.status.components?.find((one) => one.name === component);
  if (state?.wanted === 0) return "scaled to zero";
  if (app.status.phase === "failed") return `the app failed${because(app.status.reason)}`;
  return "the app is starting";
}

function inCrashLoop({ name, status }: Instance): string | undefined {
  if (status.phase !== "crash-loop") return undefined;
  return `instance ${name} is in a crash loop${because(lastExit(status.lastExit) ?? status.reason)}`;
}

function failed({ name, status }: Instance): string | undefined {
  return status.phase === "failed" ? `instance ${name} failed${because(status.reason)}` : undefined;
}

function restarting({ name, status }: Instance): string | undefined {
  if (status.phase !== "restarting") return undefined;
  return `instance ${name} is restarting${because(lastExit(status.lastExit))}`;
}

function unhealthy({ name, status }: Instance): string | undefined {
  return status.phase === "unhealthy" ? `instance ${name} is unhealthy${because(status.reason)}` : undefined;
}

function lastExit(exit: Instance["status"]["lastExit"]): string | undefined {
  if (exit === undefined) return undefined;
  if (exit.reason === "out-of-memory") return "out of memory";
  if (exit.signal !== undefined) return `ended by ${exit.signal}`;
  if (exit.code !== undefined) return `exited with status ${exit.code}`;
  return exit.reason === "could-not-start" ? "could not be started" : exit.reason;
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === "" ? "" : `: ${reason}`;
}

/** It ends up in an answer's body, so it is one line of printable text. */
function clip(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= maxReasonLength ? line : `${line.slice(0, maxReasonLength - 1).toWellFormed()}…`;
}
