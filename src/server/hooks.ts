import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { VdcError } from "#api/errors.ts";
import { assert } from "#lib/assert.ts";
import type { Log } from "#lib/log.ts";
import { admit, admittedOf, rememberAdmitted, type RouteConfig } from "./admission.ts";
import { readJson } from "./http/body.ts";
import type { BodyTimes } from "./http/body-time.ts";
import { sessionCookieName } from "./http/cookies.ts";
import { createHostCheck } from "./http/host-check.ts";
import { asVdcError, fileError, problemAnswer } from "./http/problems.ts";
import { createAddressLimiter } from "./http/rate-limit.ts";
import { dataPolicy, securityHeaders } from "./http/security-headers.ts";
import type { ServerLimits } from "./limits.ts";
import type { Socket } from "./listeners.ts";
import type { ServerSettings } from "./ports.ts";
import { logRequest } from "./request-log.ts";

interface HookSettings extends ServerSettings {
  readonly limits: ServerLimits;
  readonly isLocal: (socket: Socket) => boolean;
  readonly bodyTimes: BodyTimes;
}

/** What every request passes, whatever its route. */
export function registerHooks(app: FastifyInstance, settings: HookSettings): void {
  const { limits, clock } = settings;
  const secure = settings.tls !== undefined;
  const always = Object.entries({ ...securityHeaders(secure), "content-security-policy": dataPolicy });
  const admission = {
    authenticate: settings.authenticate,
    checkHost: createHostCheck(settings.listen.host, settings.hosts),
    limiter: createAddressLimiter(
      {
        burst: limits.anonymousBurst,
        perSecond: limits.anonymousPerSecond,
        addresses: limits.anonymousAddresses,
      },
      clock,
    ),
    isLocal: settings.isLocal,
    secure,
    cookieName: sessionCookieName(secure),
    clock,
  };
  // Invariant: nothing is served that is not in the contract, but the console's files.
  app.addHook("onRoute", (route) => {
    const config: Partial<RouteConfig> | undefined = route.config;
    const isConsole =
      route.url === "/*" && [route.method].flat().every((method) => /^(GET|HEAD)$/.test(method));
    assert(config?.contract !== undefined || isConsole, `the route ${route.url} is one of the contract`);
  });
  app.addHook("onRequest", async (request, reply) => {
    for (const [name, value] of always) reply.header(name, value);
    reply.header("x-request-id", request.id);
    settings.bodyTimes.begin(request.raw, reply.raw);
    rememberAdmitted(request, await admit(request, admission));
  });
  app.addHook("preHandler", async (request) => {
    const admitted = admittedOf(request);
    if (admitted?.principal === undefined) return;
    // A body may take its time, and what the caller may do may have been taken away meanwhile.
    if (clock.monotonic() - admitted.at >= limits.admittedMs)
      rememberAdmitted(request, await admit(request, admission));
  });
  app.addHook("onResponse", (request, reply, done) => {
    logRequest(request, reply, admittedOf(request), settings);
    done();
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, settings));
  app.removeAllContentTypeParsers();
  const types = ["application/json", "application/merge-patch+json"];
  app.addContentTypeParser(types, { parseAs: "buffer" }, (request, body, done) => {
    try {
      requireUtf8(request.headers["content-type"]);
      done(null, readJson(body as Buffer, limits.jsonDepth)); // `parseAs` says that it is a buffer
    } catch (error) {
      done(asVdcError(error));
    }
  });
}

/** Answers any thrown thing as a problem document, and logs it when it is a fault of ours. */
export function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  to: { readonly log: Log },
): void {
  const config = request.routeOptions.config as Partial<RouteConfig> | undefined; // ours, or a file's, or the router failed
  const error = asVdcError(config?.contract === undefined ? fileError(thrown) : thrown);
  if (error.status >= 500)
    to.log[error.code === "fault" ? "error" : "warn"]("server.request.failed", {
      requestId: request.id,
      code: error.code,
      error,
    });
  const { status, headers, text } = problemAnswer(error, request.id);
  void reply
    .code(status)
    .headers({ "x-request-id": request.id, ...headers })
    .send(text);
}

/** JSON is UTF-8 (RFC 8259 section 8.1); a caller that says otherwise would be misread. */
function requireUtf8(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? "")?.[1];
  if (charset !== undefined && charset.toLowerCase() !== "utf-8")
    throw new VdcError("unsupported-media-type", "A JSON body's charset is utf-8.");
}
