import { once } from "node:events";
import { WebSocket } from "ws";
import { waitFor } from "#test/support/wait-for.ts";

/** A flow editor's line to its server, as the editor itself speaks it. */
export class Comms implements Disposable {
  readonly #socket: WebSocket;
  #heard = "";
  #closed: number | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => (this.#heard += `${data.toString("utf8")}\n`));
    socket.on("close", (code) => (this.#closed = code));
    socket.on("error", () => undefined); // its close follows
  }

  /** Signs in and asks for what debug nodes say. */
  static async open(address: string, token: string): Promise<Comms> {
    const socket = new WebSocket(`${address.replace("http:", "ws:")}comms`);
    const comms = new Comms(socket);
    await once(socket, "open");
    socket.send(JSON.stringify({ auth: token }));
    await comms.hears('{"auth":"ok"}');
    socket.send(JSON.stringify({ subscribe: "debug" }));
    return comms;
  }

  async hears(text: string): Promise<void> {
    await waitFor(() => (this.#heard.includes(text) ? true : undefined), {
      withinMs: 10_000,
      what: `${text} in ${this.#heard}, closed with ${this.#closed}`,
    });
  }

  /** The close code, when the server's side has closed it. */
  async closed(): Promise<number> {
    return await waitFor(() => this.#closed, { withinMs: 60_000, what: "the WebSocket is closed" });
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}
