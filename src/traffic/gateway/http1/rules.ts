/**
 * The rules of framing. Whatever breaks one is refused and the rule is named, in the header `x-vdc-rule` and in the problem body:
 * an oddity that two servers read in two ways is how requests are smuggled (RFC 9112 section 11.2), so nothing is guessed.
 */
export const rules = {
  "request-start": [400, "A request begins with the capital letters of its method."],
  "bare-lf": [400, "Lines of a head end with CR LF, never with LF alone (RFC 9112 section 2.2)."],
  "bare-cr": [400, "CR stands only before LF (RFC 9112 section 2.2)."],
  "nul-byte": [400, "A head has no NUL byte (RFC 9110 section 5.5)."],
  "request-line": [
    400,
    "A request line is a method, one space, a target, one space and a version (RFC 9112 section 3).",
  ],
  method: [400, "A method is at most 24 capital letters, '-' and '_'."],
  "method-connect": [501, "This gateway opens no tunnels by CONNECT (RFC 9110 section 9.3.6)."],
  "method-trace": [405, "TRACE would show what a gateway adds to a request (RFC 9110 section 9.3.8)."],
  "target-form": [
    400,
    "A target is a path, an absolute http address, or '*' with OPTIONS (RFC 9112 section 3.2).",
  ],
  "target-byte": [
    400,
    "A target is printable ASCII without quotes, angle brackets and, in its path, a backslash (RFC 3986).",
  ],
  "target-fragment": [400, "A target has no fragment, so no '#' (RFC 9110 section 7.1)."],
  "target-length": [414, "A target is at most 8192 bytes."],
  version: [400, "A version is written as HTTP/1.1 or HTTP/1.0 (RFC 9112 section 2.3)."],
  "version-unsupported": [505, "The version is neither HTTP/1.1 nor HTTP/1.0."],
  "head-length": [431, "A head is at most 32768 bytes."],
  "header-count": [431, "A head has at most 128 header lines."],
  "header-fold": [400, "A header line is not continued on the next one (RFC 9112 section 5.2)."],
  "header-name-empty": [400, "A header line has a name before its colon (RFC 9112 section 5)."],
  "header-name-space": [
    400,
    "No whitespace stands between a header's name and its colon (RFC 9112 section 5.1).",
  ],
  "header-name": [400, "A header's name is a token (RFC 9110 section 5.6.2)."],
  "header-no-colon": [400, "A header line has a colon (RFC 9112 section 5)."],
  "header-value": [400, "A header's value has no control character but tab (RFC 9110 section 5.5)."],
  "host-missing": [400, "A request of HTTP/1.1 has a Host line (RFC 9112 section 3.2)."],
  "host-twice": [400, "A request has one Host line (RFC 9112 section 3.2)."],
  "host-empty": [400, "Host is not empty."],
  "host-userinfo": [400, "An authority has no user information (RFC 9110 section 4.2.4)."],
  "host-invalid": [400, "Host is a name or an address, and a port if need be (RFC 9110 section 7.2)."],
  "host-differs": [400, "The authority of an absolute target is the same as Host (RFC 9112 section 3.2.2)."],
  "host-not-server-name": [
    421,
    "Host is one that the server name of the TLS connection covers (RFC 9110 section 15.5.20).",
  ],
  "length-twice": [400, "Content-Length comes once (RFC 9112 section 6.3)."],
  "length-invalid": [
    400,
    "Content-Length is a decimal number without sign, list or leading zero (RFC 9110 section 8.6).",
  ],
  "length-huge": [400, "Content-Length has at most 15 digits."],
  "length-and-coding": [
    400,
    "Content-Length and Transfer-Encoding do not come together (RFC 9112 section 6.1).",
  ],
  "coding-twice": [400, "Transfer-Encoding comes once."],
  "coding-unknown": [400, "The transfer coding is 'chunked' and nothing else (RFC 9112 section 6.1)."],
  "coding-unsupported": [501, "No transfer coding but 'chunked' is supported (RFC 9112 section 6.1)."],
  "coding-version": [400, "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)."],
  "connection-value": [400, "Connection is a list of tokens (RFC 9110 section 7.6.1)."],
  "connection-names": [
    400,
    "Connection does not name a header that frames or directs the message (RFC 9110 section 7.6.1).",
  ],
  "expect-unknown": [417, "The only expectation is 100-continue (RFC 9110 section 10.1.1)."],
  "chunk-size": [400, "A chunk begins with its size in hexadecimal digits (RFC 9112 section 7.1)."],
  "chunk-size-huge": [400, "A chunk's size has at most 8 digits."],
  "chunk-line-end": [400, "A chunk's size line ends with CR LF (RFC 9112 section 7.1)."],
  "chunk-extension": [400, "A chunk extension is a name, or a name and a value (RFC 9112 section 7.1.1)."],
  "chunk-line-length": [400, "A chunk's size line is at most 256 bytes."],
  "chunk-data-end": [400, "CR LF stands after a chunk's data (RFC 9112 section 7.1)."],
  "trailer-line": [400, "A trailer line is a token, a colon and a value (RFC 9112 section 7.1.2)."],
  "trailer-length": [431, "A trailer section is at most 8192 bytes."],
  "trailer-forbidden": [
    400,
    "A trailer line does not frame, direct or authenticate the message (RFC 9110 section 6.5.1).",
  ],
  "status-line": [
    502,
    "A status line is a version, a status of three digits and a reason (RFC 9112 section 4).",
  ],
  "status-unexpected": [
    502,
    "101 answers only a request that asked for an upgrade (RFC 9110 section 15.2.2).",
  ],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

export type RuleName = keyof typeof rules;

export const limits = {
  headBytes: 32_768,
  headerLines: 128,
  targetBytes: 8_192,
  methodBytes: 24,
  chunkLineBytes: 256,
  chunkSizeDigits: 8,
  trailerBytes: 8_192,
} as const;
