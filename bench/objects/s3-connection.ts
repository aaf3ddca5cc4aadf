import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { AnswerParser, type S3Answer } from "./answer-parser.ts";
import { HeadWriter, type S3Request, type S3Target } from "./s3-target.ts";

const readBytes = 256 * 1024;

/** One keep-alive connection with one request under way at a time. A load tool shares the machine with what it measures: it does as little as it can. */
export class S3Connection implements Disposable {
  readonly #target: S3Target;
  readonly #heads: HeadWriter;
  readonly #buffer = Buffer.allocUnsafe(readBytes);
  #socket: Socket | undefined;
  #onPiece: (piece: Buffer) => void = () => undefined;
  #onEnd: (cause: Error) => void = () => undefined;

  constructor(target: S3Target) {
    this.#target = target;
    this.#heads = new HeadWriter(target);
  }

  /** Throws when the connection breaks; an error status is an answer. */
  async send(request: S3Request, options: { readonly keepBody?: boolean } = {}): Promise<S3Answer> {
    const socket = this.#socket ?? (await this.#open());
    const parser = new AnswerParser(options.keepBody ?? false);
    const answer = await new Promise<S3Answer>((resolve, reject) => {
      this.#onEnd = reject;
      this.#onPiece = (piece) => {
        const done = parser.push(piece);
        if (done !== undefined) resolve(done);
      };
      const { body } = request;
      socket.cork();
      socket.write(this.#heads.head(request), "latin1");
      if (body !== undefined) socket.write(body);
      socket.uncork();
    });
    this.#onEnd = () => undefined;
    if (/\r\nconnection: *close/.test(answer.head)) this[Symbol.dispose]();
    return answer;
  }

  async #open(): Promise<Socket> {
    const socket = connect({
      port: this.#target.port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: this.#buffer,
        callback: (size) => {
          this.#onPiece(this.#buffer.subarray(0, size));
          return true;
        },
      },
    });
    await once(socket, "connect");
    const forget = (cause: Error) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#onEnd(cause);
    };
    socket.on("error", forget);
    socket.on("close", () => forget(new Error("the connection was closed")));
    this.#socket = socket;
    return socket;
  }

  [Symbol.dispose](): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}
