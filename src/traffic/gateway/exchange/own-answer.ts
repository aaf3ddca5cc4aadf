import { AnswerHead } from "./answer-head.ts";

/** An answer that the gateway gives by itself. */
export interface OwnAnswer {
  readonly status: number;
  /** Further lines, each ended by CRLF. */
  readonly fields: string;
  readonly body: Buffer;
}

const reasons: Readonly<Record<number, string>> = {
  100: "Continue",
  102: "Processing",
  103: "Early Hints",
  200: "OK",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
};

export function reasonOf(status: number): string {
  return reasons[status] ?? "Unknown";
}

/** RFC 9457. `code` says what happened to a program, `detail` to a person; neither says anything of the inside. */
export function problem(options: {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fields?: string;
}): OwnAnswer {
  const { status, code, detail } = options;
  const body = Buffer.from(
    `${JSON.stringify({ type: "about:blank", title: reasonOf(status), status, code, detail })}\n`,
  );
  return {
    status,
    fields: `content-type: application/problem+json\r\ncache-control: no-store\r\n${options.fields ?? ""}`,
    body,
  };
}

/** A message that breaks a rule of framing: the rule is named where programs and people look. */
export function brokenRule(rule: string, status: number, sentence: string): OwnAnswer {
  return problem({ status, code: rule, detail: sentence, fields: `x-vdc-rule: ${rule}\r\n` });
}

export function redirect(status: number, location: string): OwnAnswer {
  return { status, fields: `location: ${location}\r\n`, body: Buffer.alloc(0) };
}

export function plainText(status: number, text: string): OwnAnswer {
  return {
    status,
    fields: "content-type: text/plain\r\ncache-control: no-store\r\n",
    body: Buffer.from(text),
  };
}

/** Its head as it goes to a client. */
export function headOf(answer: OwnAnswer, date: string): AnswerHead {
  const { status, body } = answer;
  const raw = `HTTP/1.1 ${status} ${reasonOf(status)}\r\ndate: ${date}\r\ncontent-length: ${body.length}\r\n${answer.fields}`;
  const framing = body.length === 0 ? "none" : "length";
  return new AnswerHead(raw, { status, reason: reasonOf(status), framing, contentLength: body.length });
}

/** What a client is told when no member's answer comes. */
export const failures = {
  noBackend: problem({
    status: 503,
    code: "no-backend",
    detail: "Nothing is deployed here yet.",
    fields: "retry-after: 5\r\n",
  }),
  unreachable: problem({
    status: 502,
    code: "upstream-connect",
    detail: "The instance could not be reached.",
  }),
  unanswered: problem({
    status: 502,
    code: "upstream-reset",
    detail: "The instance closed the connection without an answer.",
  }),
  timedOut: problem({
    status: 504,
    code: "timeout-response",
    detail: "The instance did not answer in time.",
  }),
  requestTimedOut: problem({
    status: 408,
    code: "timeout-request",
    detail: "The body of the request did not come in time.",
  }),
} as const;
