import { connect } from "node:net";

/** Sends these bytes over a fresh TCP connection and gives all that comes back until the other side closes, or `withinMs` is over. */
export async function rawRequest(
  port: number,
  bytes: string | Uint8Array,
  withinMs = 5_000,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let answer = "";
    socket.setTimeout(withinMs, () => socket.destroy());
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.write(bytes);
  });
}
