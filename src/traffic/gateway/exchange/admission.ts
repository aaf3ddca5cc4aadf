import type { ConnectionFacts } from "../gateway-contract.ts";
import type { Exceeded } from "../limits/rate-limiter.ts";
import type { RequestHead } from "./client-side.ts";
import type { Core } from "./core.ts";
import { valueOf } from "./fields.ts";
import { brokenRule, problem, redirect, type OwnAnswer } from "./own-answer.ts";
import type { RoutePlan } from "./route-plan.ts";

/** The gateway answers by itself. */
export interface Refusal {
  readonly refused: true;
  /** For the counters and the access log. */
  readonly why: string;
  readonly answer: OwnAnswer;
  readonly plan: RoutePlan | undefined;
}

const challengePrefix = "/.well-known/acme-challenge/";

/** Where a request goes, or what it is told at once. Only looks; takes a place in a rate limit, nothing else. */
export function admit(
  core: Core,
  head: RequestHead,
  facts: ConnectionFacts,
  now: number,
): RoutePlan | Refusal {
  const { config } = core;
  const { target, host } = head;
  if (config.challenges.size > 0 && target.startsWith(challengePrefix)) {
    const answer = config.challenges.get(`${host}/${target.slice(challengePrefix.length)}`);
    if (answer !== undefined) return { refused: true, why: "challenge", answer, plan: undefined };
  }
  if (facts.serverName !== "" && host !== facts.serverName && !config.fitsServerName(host, facts.serverName))
    return refuse(undefined, "host-not-server-name", misdirected);
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  const found = config.router.match(host, path, head.method, (name) => valueOf(head.fields, name));
  if (found.kind === "no-route")
    return refuse(undefined, found.why, noRoute(found.status, found.why, found.allow));
  const plan = config.planOf(found);
  return admitToRoute(core, plan, head, facts, now) ?? plan;
}

function admitToRoute(
  core: Core,
  plan: RoutePlan,
  head: RequestHead,
  facts: ConnectionFacts,
  now: number,
): Refusal | undefined {
  const { policy } = plan.route;
  if (policy.redirectToTls && !facts.tls) return refuse(plan, "redirect-to-tls", toTls(core, head));
  if (policy.rateLimit !== undefined) {
    const exceeded = plan.limiter.take(facts.clientAddress, now);
    if (exceeded !== undefined) return refuse(plan, exceeded.limit, tooMany(exceeded));
  }
  if (plan.route.redirect !== undefined)
    return refuse(plan, "redirect", redirected(plan.route.redirect, head.target));
  if (policy.maxBodyBytes !== undefined && head.contentLength > policy.maxBodyBytes)
    return refuse(plan, "body-too-large", tooLarge(policy.maxBodyBytes));
  return undefined;
}

export function tooLarge(maxBytes: number): OwnAnswer {
  return problem({
    status: 413,
    code: "body-too-large",
    detail: `The body of a request is at most ${maxBytes} bytes here.`,
  });
}

const misdirected = brokenRule(
  "host-not-server-name",
  421,
  "Host is one that the certificate of this TLS connection covers (RFC 9110 section 15.5.20).",
);

const details = {
  "unknown-host": "Nothing is served under this host name.",
  "unknown-path": "Nothing is served under this path.",
  "method-not-allowed": "The method is not allowed here.",
  "path-ambiguous": "The path can be read in two ways that lead to different places.",
} as const;

function noRoute(status: number, why: keyof typeof details, allow: string): OwnAnswer {
  return problem({
    status,
    code: why,
    detail: details[why],
    fields: allow === "" ? "" : `allow: ${allow}\r\n`,
  });
}

function toTls(core: Core, head: RequestHead): OwnAnswer {
  const port = core.tlsPort === 443 ? "" : `:${core.tlsPort}`;
  return redirect(308, `https://${head.host}${port}${head.target === "*" ? "/" : head.target}`);
}

function tooMany({ limit, retryAfterSeconds }: Exceeded): OwnAnswer {
  return problem({
    status: 429,
    code: limit,
    detail: "Too many requests; try again later.",
    fields: `retry-after: ${Math.max(1, Math.ceil(retryAfterSeconds))}\r\n`,
  });
}

function redirected(to: { readonly to: string; readonly status: number }, target: string): OwnAnswer {
  const query = target.indexOf("?");
  const path = target === "*" ? "/" : query === -1 ? target : target.slice(0, query);
  let location = to.to
    .replaceAll("{path}", () => path)
    .replaceAll("{query}", () => (query === -1 ? "" : target.slice(query + 1)));
  if (query === -1) location = location.replace(/\?$/, "");
  // Two slashes at the start would lead to a host of the client's choice.
  if (location.startsWith("/")) location = location.replace(/^[/\\]+/, "/");
  return redirect(to.status, location);
}

function refuse(plan: RoutePlan | undefined, why: string, answer: OwnAnswer): Refusal {
  return { refused: true, why, answer, plan };
}
