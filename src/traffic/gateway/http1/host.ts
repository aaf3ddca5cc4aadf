const authority = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const plain = /^[a-z0-9._-]*[a-z0-9_-]$/;

let lastText = "";
let lastHost = "";

/**
 * The host name in an authority: lower case, without port and last dot; `undefined` when it is none. Escapes and
 * international letters are refused: an A-label is ASCII. Requests come in runs for one host, so the last answer is kept.
 */
export function readHost(text: string): string | undefined {
  if (text === lastText) return lastHost;
  if (!authority.test(text)) return undefined;
  const host = plain.test(text) ? text : withoutPort(text).toLowerCase().replace(/\.$/, "");
  // A slice would keep the whole head that it came from in memory.
  lastText = Buffer.from(text, "latin1").toString("latin1");
  lastHost = Buffer.from(host, "latin1").toString("latin1");
  return host;
}

function withoutPort(text: string): string {
  return text.replace(/:[0-9]*$/, "");
}
