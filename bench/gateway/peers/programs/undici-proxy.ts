import { createServer } from "node:http";
import { Pool } from "undici";

const [port, originPort] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${originPort}`, { connections: 256, pipelining: 1 });
createServer((request, response) => {
  const headers = { ...request.headers, "x-forwarded-for": request.socket.remoteAddress ?? "" };
  delete headers.connection;
  pool
    .stream(
      {
        path: request.url ?? "/",
        method: request.method ?? "GET",
        headers,
        body: request.method === "GET" || request.method === "HEAD" ? null : request,
        opaque: response,
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        return response;
      },
    )
    .catch(() => response.destroy());
}).listen(port, "127.0.0.1");
