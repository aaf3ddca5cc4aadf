import { VdcError } from "#api/errors.ts";
import { errorOfProblem, problemSchema } from "#api/problem.ts";
import type { Call } from "#cli/declare.ts";
import { readSources } from "#cli/input/sources.ts";
import { harmlessText } from "#cli/output/harmless.ts";
import { jsonText } from "#cli/output/structured.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const methods = ["GET", "PUT", "POST", "PATCH", "DELETE"] as const;

/** `vdc api METHOD PATH`: one request as it is, signed in like every other command. */
export async function api(call: Call): Promise<void> {
  const { method, path } = requestOf(call.words);
  await withSession(call, async (session) => {
    const body = await bodyOf(call, session);
    const type =
      method === "PATCH" && /^\/v1\/(?!users)/.test(path)
        ? "application/merge-patch+json"
        : "application/json";
    const response = await send(session, path, {
      method,
      headers: { accept: "*/*", ...(body === undefined ? {} : { "content-type": type }), ...headersOf(call) },
      signal: call.io.signal,
      ...(body === undefined ? {} : { body }),
    });
    if (response.headers.get("content-type")?.startsWith("text/event-stream") === true)
      return streamOut(call, response);
    const text = await response.text();
    call.io.stdout(shownBody(call, text));
    if (!response.ok) throw errorOf(response.status, text);
  });
}

/** `vdc api /v1/projects` reads; `vdc api PUT /v1/projects/shop -d @shop.json` writes. */
function requestOf(words: readonly string[]): { readonly method: string; readonly path: string } {
  const [first = "", second] = words;
  const given = second === undefined ? "GET" : first.toUpperCase();
  const path = second ?? first;
  const method = methods.find((one) => one === given);
  if (method === undefined)
    throw new UsageError(`'${given.slice(0, 20)}' is no method`, `use one of ${methods.join(", ")}`);
  if (!path.startsWith("/")) throw new UsageError("the path begins with a slash", "such as /v1/projects");
  return { method, path };
}

async function bodyOf(call: Call, session: Session): Promise<string | undefined> {
  const data = call.flags.text("body");
  if (data === undefined) return undefined;
  if (data !== "-" && !data.startsWith("@")) return data;
  const [source] = await readSources([data.replace(/^@/, "")], call.io, session.ports);
  return source?.text;
}

function headersOf(call: Call): Readonly<Record<string, string>> {
  return Object.fromEntries(
    call.flags.list("header").map((header) => {
      const match = /^([\w-]+):\s*(.*)$/.exec(header);
      if (match?.[1] === undefined) throw new UsageError("a header is written as 'Name: value'");
      return [match[1].toLowerCase(), match[2] ?? ""];
    }),
  );
}

async function send(session: Session, path: string, init: RequestInit): Promise<Response> {
  try {
    return await session.fetch(path, init);
  } catch (cause) {
    session.io.signal.throwIfAborted();
    throw new VdcError("unreachable", "The data center cannot be reached.", { cause });
  }
}

/** Pretty on a terminal, and as it came for programs. */
function shownBody(call: Call, text: string): string {
  if (!call.io.isTty.stdout) return text;
  try {
    return jsonText(JSON.parse(text));
  } catch {
    // Not JSON: shown as text, with what would steer the terminal made visible.
    return text === "" || text.endsWith("\n") ? harmlessText(text) : `${harmlessText(text)}\n`;
  }
}

async function streamOut(call: Call, response: Response): Promise<void> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    const text = decoder.decode(chunk, { stream: true });
    call.io.stdout(call.io.isTty.stdout ? harmlessText(text) : text);
  }
}

function errorOf(status: number, text: string): VdcError {
  try {
    const problem = problemSchema.safeParse(JSON.parse(text));
    if (problem.success) return errorOfProblem(problem.data);
  } catch {
    // Not JSON, so not a problem document: the status is all there is.
  }
  return new VdcError("unreachable", `The server answered with HTTP ${status}.`);
}
