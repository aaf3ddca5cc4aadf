import type { AccessEntry } from "#traffic/gateway-api.ts";

/**
 * The entry as one line of JSON in ASCII. By hand, because the log is written for every request: `JSON.stringify` and what led to it
 * took a fifth of all that a small request costs, and this takes a tenth of that.
 */
export function accessLine(entry: AccessEntry): string {
  const { heldFor, ended } = entry;
  return (
    `{"at":"${entry.at}","id":${quote(entry.id)}${whereOf(entry)},"client":${quote(entry.client)}` +
    `,"protocol":"${entry.protocol}","tls":${entry.tls},"method":${quote(entry.method)}` +
    `,"host":${quote(entry.host)},"path":${quote(entry.path)},"status":${entry.status}` +
    `,"requestBytes":${entry.requestBytes},"responseBytes":${entry.responseBytes},"attempts":${entry.attempts}` +
    `,"totalMs":${rounded(entry.totalMs)},"heldMs":${rounded(entry.heldMs)}` +
    `,"connectMs":${rounded(entry.connectMs)},"responseMs":${rounded(entry.responseMs)}` +
    `${heldFor === undefined ? "" : `,"heldFor":${quote(heldFor)}`}${ended === undefined ? "" : `,"ended":${quote(ended)}`}}`
  );
}

let lastRoute: string | undefined;
let lastPool: string | undefined;
let lastInstance: string | undefined;
let lastWhere = "";

/** Requests come in runs for one place, so the last text is kept. */
function whereOf({ route, pool, instance }: AccessEntry): string {
  if (route === lastRoute && pool === lastPool && instance === lastInstance) return lastWhere;
  lastRoute = route;
  lastPool = pool;
  lastInstance = instance;
  const text =
    (route === undefined ? "" : `,"route":${quote(route)}`) +
    (pool === undefined ? "" : `,"pool":${quote(pool)}`) +
    (instance === undefined ? "" : `,"instance":${quote(instance)}`);
  lastWhere = Buffer.from(text, "latin1").toString("latin1"); // one piece, and no longer a tree of pieces
  return lastWhere;
}

const needsCare = /[^ !#-[\]-~]/;
const notAscii = /[^ -~]/g;

function quote(text: string): string {
  if (!needsCare.test(text)) return `"${text}"`;
  return JSON.stringify(text).replaceAll(
    notAscii,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** To a thousandth; a whole number without a point. */
function rounded(ms: number): string | number {
  const thousandths = Math.round(ms * 1_000);
  const rest = thousandths % 1_000;
  if (rest === 0) return thousandths / 1_000;
  const whole = (thousandths - rest) / 1_000;
  return rest < 10 ? `${whole}.00${rest}` : rest < 100 ? `${whole}.0${rest}` : `${whole}.${rest}`;
}
