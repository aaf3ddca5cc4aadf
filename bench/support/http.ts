import { Agent, request, type IncomingMessage, type RequestOptions } from "node:http";

/** One keep-alive connection that sends JSON and reads the whole answer: as little client as possible. */
export interface JsonConnection extends Disposable {
  send(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ readonly status: number; readonly text: string }>;
  /** Sends and gives the answer's stream as it comes. */
  open(method: string, path: string, body?: string): Promise<IncomingMessage>;
}

export function openConnection(url: string, headers: Readonly<Record<string, string>> = {}): JsonConnection {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const open = (method: string, path: string, body?: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const content =
        body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
      const options: RequestOptions = {
        hostname,
        port,
        agent,
        method,
        path,
        headers: { ...headers, ...content },
      };
      const call = request(options, resolve);
      call.on("error", reject);
      call.end(body);
    });
  return {
    open,
    send: async (method, path, body) => {
      const response = await open(method, path, body);
      let text = "";
      response.setEncoding("utf8");
      for await (const chunk of response) text += chunk as string;
      return { status: response.statusCode ?? 0, text };
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}
