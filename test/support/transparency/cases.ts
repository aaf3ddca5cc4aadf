import type { Random } from "#lib/random.ts";
import { seededRandom } from "#test/support/gateway-pool.ts";

export type BodyFraming = "none" | "length" | "chunks" | "close";

export interface CaseMessage {
  /** End-to-end lines, in latin1 without CRLF. */
  readonly lines: readonly string[];
  readonly framing: BodyFraming;
  readonly body: Buffer;
  /** Sizes of chunks, in turns. */
  readonly chunks: readonly number[];
  readonly trailers: readonly string[];
}

/** A request and what the origin answers, as they should look on both sides of a gateway. */
export interface TransparencyCase {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly request: CaseMessage;
  /** Interim heads, each with its empty line. */
  readonly interim: readonly string[];
  readonly statusLine: string;
  readonly answer: CaseMessage;
  /** Hop-by-hop lines that the origin adds; none of them may pass. */
  readonly hops: readonly string[];
  /** Places where the origin's bytes are cut into writes. */
  readonly cuts: readonly number[];
}

const nothing: CaseMessage = { lines: [], framing: "none", body: Buffer.alloc(0), chunks: [], trailers: [] };
const base: Omit<TransparencyCase, "name"> = {
  method: "GET",
  target: "/",
  request: nothing,
  interim: [],
  statusLine: "HTTP/1.1 200 OK",
  answer: { ...nothing, framing: "length", body: Buffer.from("hello"), lines: ["Content-Type: text/plain"] },
  hops: [],
  cuts: [],
};

const emptyAnswer: CaseMessage = { ...nothing, framing: "length" };

/** Bytes of every value, so that nothing can take them for text. */
export function bytesOf(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
}

/** The same cases every time: one for each thing that is worth a name, and combinations by chance. */
export function transparencyCases(seed: number, generated: number): readonly TransparencyCase[] {
  const random = seededRandom(seed);
  return [
    ...statusCases(),
    ...methodCases(),
    ...targetCases(),
    ...lineCases("answer"),
    ...lineCases("request"),
    ...bodyCases("answer"),
    ...bodyCases("request"),
    ...interimCases(),
    ...Array.from({ length: generated }, (_, n) => generatedCase(random, n)),
  ];
}

const statuses = [
  "200 OK",
  "200 ",
  "200 Alright, then: go on!",
  "200 \xe9t\xe9",
  "200 tab\there",
  "201 Created",
  "202 Accepted",
  "203 Non-Authoritative Information",
  "204 No Content",
  "205 Reset Content",
  "206 Partial Content",
  "207 Multi-Status",
  "226 IM Used",
  "299 Odd",
  "300 Multiple Choices",
  "301 Moved Permanently",
  "302 Found",
  "303 See Other",
  "304 Not Modified",
  "305 Use Proxy",
  "307 Temporary Redirect",
  "308 Permanent Redirect",
  "399 Odd",
  "400 Bad Request",
  "401 Unauthorized",
  "402 Payment Required",
  "403 Forbidden",
  "404 Not Found",
  "405 Method Not Allowed",
  "406 Not Acceptable",
  "407 Proxy Authentication Required",
  "408 Request Timeout",
  "409 Conflict",
  "410 Gone",
  "411 Length Required",
  "412 Precondition Failed",
  "413 Content Too Large",
  "415 Unsupported Media Type",
  "416 Range Not Satisfiable",
  "417 Expectation Failed",
  "418 I'm a teapot",
  "421 Misdirected Request",
  "422 Unprocessable Content",
  "425 Too Early",
  "426 Upgrade Required",
  "428 Precondition Required",
  "429 Too Many Requests",
  "431 Request Header Fields Too Large",
  "451 Unavailable For Legal Reasons",
  "499 Odd",
  "500 Internal Server Error",
  "501 Not Implemented",
  "502 Bad Gateway",
  "503 Service Unavailable",
  "504 Gateway Timeout",
  "505 HTTP Version Not Supported",
  "507 Insufficient Storage",
  "508 Loop Detected",
  "511 Network Authentication Required",
  "599 Odd",
] as const;

function statusCases(): TransparencyCase[] {
  return statuses.map((text) => {
    const hasNone = text.startsWith("204") || text.startsWith("304");
    if (text.startsWith("205"))
      return { ...base, name: "status 205", statusLine: `HTTP/1.1 ${text}`, answer: emptyAnswer };
    const answer = hasNone ? { ...nothing, lines: ['ETag: "x"', "Cache-Control: max-age=1"] } : base.answer;
    return { ...base, name: `status ${JSON.stringify(text)}`, statusLine: `HTTP/1.1 ${text}`, answer };
  });
}

function methodCases(): TransparencyCase[] {
  const plain = ["GET", "HEAD", "OPTIONS", "DELETE", "PROPFIND", "REPORT", "PURGE", "X-ODD_METHOD", "A"];
  const withBody = ["POST", "PUT", "PATCH", "QUERY", "DELETE", "GET", "OPTIONS", "MKCOL"];
  const body = { ...nothing, framing: "length" as const, body: bytesOf(40) };
  return [
    ...plain.map((method) => ({ ...base, name: `method ${method}`, method })),
    ...withBody.map((method) => ({ ...base, name: `method ${method} with a body`, method, request: body })),
    {
      ...base,
      name: "HEAD whose answer says the length that GET would have",
      method: "HEAD",
      answer: { ...nothing, lines: ["Content-Length: 123456", "Content-Type: a/b"] },
    },
    {
      ...base,
      name: "304 that says the length of what has not changed",
      statusLine: "HTTP/1.1 304 Not Modified",
      answer: { ...nothing, lines: ["Content-Length: 123456", 'ETag: W/"1"'] },
    },
  ];
}

function targetCases(): TransparencyCase[] {
  const targets = [
    "/a//b",
    "/a/./b/../c",
    "/a%2Fb%2f%00%ff",
    "/a;b=c,d;e",
    "/~user/@me/$1/!x/*y/(z)/'q'",
    "/?",
    "/??",
    "/?a=b&a=b&=&&",
    "/?q=a+b%20c",
    "/?x[]=1&y{}=2|3^4`5",
    "/?a\\b",
    "/a:b?http://other.test/",
    "/.well-known/x",
    `/${"long/".repeat(1_200)}`,
    `/?${"q=0123456789&".repeat(600)}`,
    "/%E2%82%AC/%e2%82%ac",
  ];
  return targets.map((target) => ({ ...base, name: `target ${target.slice(0, 40)}`, target }));
}

const oddLines: readonly (readonly [name: string, lines: readonly string[]])[] = [
  ["an empty value", ["X-Empty:", "X-Blank:  "]],
  ["no space after the colon", ["X-Tight:value"]],
  ["blanks around a value", ["X-Wide:  \t value \t "]],
  ["a tab inside a value", ["X-Tab: a\tb"]],
  ["bytes above 127", ["X-Bytes: caf\xe9 \xff\x80\xa0"]],
  ["unusual case", ["x-LoWeR-uPpEr: A", "X-lower-upper: b"]],
  ["all characters of a token", ["!#$%&'*+-.^_`|~09azAZ: x"]],
  [
    "all printable characters",
    [`X-Print: ${Array.from({ length: 94 }, (_, n) => String.fromCharCode(n + 33)).join("")}`],
  ],
  ["a list on several lines", ["X-List: a, b", "X-List: c", "X-List: a, b"]],
  ["the same name apart", ["X-Same: 1", "X-Other: 2", "X-Same: 3"]],
  ["a long value", [`X-Long: ${"v".repeat(8_000)}`]],
  ["many lines", Array.from({ length: 90 }, (_, n) => `X-Many-${n}: ${n}`)],
  ["names of one letter", ["A: 1", "b: 2", "Z: 3"]],
  [
    "names that begin like others",
    ["Hostess: 1", "Connections: 2", "Content-Lengthy: 3", "Viable: 4", "TEA: 5"],
  ],
  ["an underscore", ["X_Under_Score: 1"]],
  ["quotes and commas", ['X-Quote: "a, b\\"c"; d=e']],
  ["a line that looks like another message", ["X-Fake: HTTP/1.1 200 OK", "X-Fake: GET / HTTP/1.1"]],
  ["structured fields", ["Priority: u=1, i", "Repr-Digest: sha-256=:AAAA:", "Example-Dict: a=1;b=?0, c"]],
];

const answerLines: typeof oddLines = [
  [
    "many cookies",
    Array.from(
      { length: 40 },
      (_, n) => `Set-Cookie: c${n}=v${n}; Path=/; HttpOnly; Expires=Wed, 21 Oct 2099 07:28:00 GMT`,
    ),
  ],
  ["validators", ['ETag: "a-b"', "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT"]],
  ["a weak validator", ['ETag: W/"a"']],
  [
    "what caches look at",
    ["Age: 60", "Cache-Control: public, max-age=60, s-maxage=1", "Expires: 0", "Vary: *", "Pragma: no-cache"],
  ],
  ["Warning and Via", ['Warning: 199 - "odd"', "Via: 1.0 inner"]],
  ["several Vary lines", ["Vary: Accept", "Vary: Accept-Encoding"]],
  ["a content coding", ["Content-Encoding: gzip", "Vary: Accept-Encoding"]],
  ["an unknown content coding", ["Content-Encoding: x-odd, br"]],
  ["a date of its own", ["Date: Thu, 01 Jan 1970 00:00:00 GMT", "Server: origin/1.0 (odd)"]],
  ["redirect lines", ["Location: ../x?y#z", "Refresh: 5; url=/", "Content-Location: /c"]],
  [
    "security lines",
    [
      "Strict-Transport-Security: max-age=1",
      "Content-Security-Policy: default-src 'self'",
      "X-Frame-Options: DENY",
    ],
  ],
  [
    "authentication lines",
    ['WWW-Authenticate: Basic realm="a, b"', 'WWW-Authenticate: Digest x="y"', "Authentication-Info: z"],
  ],
  ["Alt-Svc and Link", ['Alt-Svc: h3=":443"; ma=1', "Link: </a>; rel=preload", "Link: </b>"]],
  [
    "fields that come once twice",
    ["Age: 1", "Age: 2", 'ETag: "a"', 'ETag: "b"', "Content-Type: a/b", "Content-Type: c/d"],
  ],
  ["ranges", ["Content-Range: bytes 0-4/10", "Accept-Ranges: bytes"]],
];

const requestLines: typeof oddLines = [
  ["conditions", ['If-None-Match: "a", W/"b"', "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT"]],
  ["preconditions", ["If-Match: *", "If-Unmodified-Since: Wed, 21 Oct 2015 07:28:00 GMT"]],
  ["ranges", ["Range: bytes=0-0,-1", 'If-Range: "a"']],
  [
    "what is accepted",
    [
      "Accept: */*;q=0.1",
      "Accept-Encoding: gzip;q=0, identity",
      "Accept-Language: de, en;q=0.5",
      "Accept: a/b",
    ],
  ],
  ["credentials", ["Authorization: Bearer abc.def", "Cookie: a=b; c=d"]],
  ["caching", ["Cache-Control: no-cache, no-store", "Pragma: no-cache", "Max-Forwards: 3"]],
  [
    "a trace",
    [
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "tracestate: a=b",
      "baggage: k=v",
    ],
  ],
  [
    "a browser",
    [
      "Origin: https://a.test",
      "Referer: https://a.test/x?y",
      "Sec-Fetch-Mode: cors",
      "User-Agent: Mozilla/5.0 (odd; \xe9)",
      "DNT: 1",
    ],
  ],
  ["method override", ["X-HTTP-Method-Override: DELETE", "X-Requested-With: x"]],
];

function lineCases(side: "answer" | "request"): TransparencyCase[] {
  const own = side === "answer" ? answerLines : requestLines;
  return [...oddLines, ...own].map(([name, lines]) => ({
    ...base,
    name: `${side}: ${name}`,
    [side]: { ...base[side], lines },
  }));
}

const sizes = [0, 1, 2, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 1_048_576] as const;
const chunkings: readonly (readonly number[])[] = [
  [1, 2, 3],
  [65_535],
  [65_536],
  [16_384, 1],
  [7, 4_096, 999],
];

function bodyCases(side: "answer" | "request"): TransparencyCase[] {
  const framings: readonly BodyFraming[] =
    side === "answer" ? ["length", "chunks", "close"] : ["length", "chunks"];
  const made: TransparencyCase[] = [];
  for (const framing of framings)
    for (const [n, size] of sizes.entries()) {
      const chunks = size > 200_000 ? [16_384, 65_537, 1] : (chunkings[n % chunkings.length] ?? [1]);
      const trailers = framing === "chunks" && n % 2 === 1 ? ["X-Sum: 1", "x-empty:", "X-Sum: 2"] : [];
      const message = { ...nothing, framing, body: bytesOf(size), chunks, trailers };
      const method = side === "request" ? "POST" : "GET";
      made.push({ ...base, name: `${side}: ${size} bytes, ${framing}`, method, [side]: message });
    }
  return made;
}

function interimCases(): TransparencyCase[] {
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>\r\n\r\n";
  const processing = "HTTP/1.1 102 Processing\r\n\r\n";
  return [
    { ...base, name: "early hints", interim: [hints] },
    { ...base, name: "three interim answers", interim: [processing, hints, hints] },
    { ...base, name: "interim answers before one without a body", interim: [hints], method: "HEAD" },
    {
      ...base,
      name: "hop-by-hop lines",
      hops: [
        "Connection: X-Hop",
        "X-Hop: 1",
        "Keep-Alive: timeout=60",
        "Proxy-Connection: x",
        "HTTP2-Settings: x",
      ],
    },
  ];
}

/** Names with '_' are refused in trailers of requests, because applications of CGI's kind take it for '-'. */
function isTrailer(line: string): boolean {
  return !line.slice(0, line.indexOf(":")).includes("_");
}

/** A bit of everything. */
function generatedCase(random: Random, n: number): TransparencyCase {
  const pick = <T>(from: readonly T[]): T => {
    const at = Math.floor(random.fraction() * from.length);
    return from[at] as T; // none of the lists is empty
  };
  const some = (tables: typeof oddLines) => [...pick(tables)[1], ...pick(oddLines)[1]].slice(0, 60);
  const length = Math.floor(random.fraction() ** 4 * 200_000);
  const framing = pick(["none", "length", "chunks"] as const);
  const method =
    framing === "none" ? pick(["GET", "HEAD", "DELETE", "OPTIONS"]) : pick(["POST", "PUT", "PATCH", "QUERY"]);
  const chunks = [1 + Math.floor(random.fraction() ** 3 * 9_000), 1 + Math.floor(random.fraction() * 5_000)];
  const status = pick(statuses);
  const isEmpty = /^(?:204|304)/.test(status);
  const size = status.startsWith("205") ? 0 : length;
  const answerFraming = pick(["length", "chunks", "close"] as const);
  const trailers = (of: BodyFraming) =>
    of === "chunks" && random.fraction() < 0.5 ? pick(oddLines)[1].slice(0, 20).filter(isTrailer) : [];
  return {
    name: `generated ${n}`,
    method,
    target: `/g/${n}?${"x".repeat(Math.floor(random.fraction() * 50))}`,
    request: {
      lines: some(requestLines).filter((line) => line.length < 2_000),
      framing,
      body: bytesOf(framing === "none" ? 0 : Math.floor(random.fraction() ** 4 * 150_000)),
      chunks,
      trailers: trailers(framing),
    },
    interim: random.fraction() < 0.2 ? ["HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"] : [],
    statusLine: `HTTP/1.1 ${status}`,
    answer: {
      lines: some(answerLines),
      framing: isEmpty ? "none" : answerFraming,
      body: bytesOf(isEmpty ? 0 : size),
      chunks,
      trailers: isEmpty ? [] : trailers(answerFraming),
    },
    hops: random.fraction() < 0.3 ? ["Connection: keep-alive, X-Hop", "X-Hop: secret"] : [],
    cuts: Array.from({ length: 3 }, () => Math.floor(random.fraction() * 600)),
  };
}

/** A message's lines that frame it, and its body as it goes over the wire. */
export function framed(
  message: CaseMessage,
  hasBody: boolean,
): { readonly lines: readonly string[]; readonly body: Buffer } {
  const { framing, body } = message;
  switch (framing) {
    case "none":
    case "close":
      return { lines: [], body: hasBody ? body : Buffer.alloc(0) };
    case "length":
      return { lines: [`Content-Length: ${body.length}`], body: hasBody ? body : Buffer.alloc(0) };
    case "chunks":
      return { lines: ["Transfer-Encoding: chunked"], body: hasBody ? chunked(message) : Buffer.alloc(0) };
  }
}

function chunked({ body, chunks, trailers }: CaseMessage): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0, n = 0; at < body.length; n += 1) {
    const piece = body.subarray(at, at + (chunks[n % chunks.length] ?? 1));
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
    at += piece.length;
  }
  const end = trailers.map((line) => `${line}\r\n`).join("");
  return Buffer.concat([...pieces, Buffer.from(`0\r\n${end}\r\n`, "latin1")]);
}
