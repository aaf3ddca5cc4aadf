import type { Behaviour } from "#apps/engines/model/behaviour.ts";

/** A program for Node that behaves as its argument says: what the model acts out, done for real. */
const program = `
const behaviour = JSON.parse(process.argv[1]);
for (const line of behaviour.prints ?? []) console.log(line);
const name = behaviour.printsVariable;
if (name !== undefined) console.log(name + "=" + (process.env[name] ?? ""));
process.on("SIGTERM", () => behaviour.ignoresStopSignal ? undefined : process.exit(0));
if (behaviour.exits) setTimeout(() => process.exit(behaviour.exits.code), behaviour.exits.afterMs);
let number = 0;
if (behaviour.printsEveryMs) setInterval(() => console.log("line " + ++number), behaviour.printsEveryMs);
setInterval(() => undefined, 1e6);
const port = Number(process.env.PORT);
if (port > 0 && !behaviour.neverReady && !behaviour.exits) {
  const server = require("node:http").createServer((request, response) => response.end("served"));
  setTimeout(() => server.listen(port, "127.0.0.1"), behaviour.readyAfterMs ?? 0);
}
`;

export function actor(behaviour: Behaviour): readonly string[] {
  return ["node", "-e", program, JSON.stringify(behaviour)];
}
