import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Types and flags of RFC 9113 section 6. */
export const frameTypes = { data: 0, headers: 1, rstStream: 3, settings: 4, ping: 6, goaway: 7 } as const;
export const endStreamFlag = 0x1;
export const endHeadersFlag = 0x4;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A client that writes frames of HTTP/2 as a test wants them, right or wrong, and keeps those that come. */
export interface FrameClient {
  readonly socket: Socket;
  readonly frames: readonly Frame[];
  send(type: number, flags: number, stream: number, payload?: Buffer): void;
}

/** Connects over plain TCP and says hello. */
export async function connectFrames(port: number): Promise<FrameClient> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      const [type = 0, flags = 0] = [rest[3], rest[4]];
      frames.push({ type, flags, stream: rest.readUInt32BE(5), payload: rest.subarray(9, 9 + length) });
      rest = rest.subarray(9 + length);
    }
  });
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const send: FrameClient["send"] = (type, flags, stream, payload = Buffer.alloc(0)) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    socket.write(Buffer.concat([head, payload]));
  };
  send(frameTypes.settings, 0, 0);
  return { socket, frames, send };
}

/** A header section of literals, none of them indexed or compressed (RFC 7541 section 6.2.2). Texts are below 127 bytes. */
export function literalSection(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, "latin1")]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}
