import { request } from "node:http";
import { WebSocket } from "ws";
import { systemClock } from "#lib/clock.ts";
import type { Target } from "./http1-clients.ts";
import { reasonOf, type Tally } from "./tally.ts";

/** "Going away" and "service restart": what a browser's page answers by connecting again (RFC 6455 section 7.4.1, and its registry). */
const politeCodes = [1001, 1012];
const echoWithinMs = 20_000;

/** Sends numbers and waits for each to come back; connects again at once when it is asked to go. */
export async function talker(
  target: Target,
  tally: Tally,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) await talk(target, tally, signal);
}

async function talk(target: Target, tally: Tally, signal: AbortSignal): Promise<void> {
  const kind = "websocket";
  const socket = new WebSocket(`ws://127.0.0.1:${target.port}/ws`, { headers: { host: target.host } });
  const openedAt = systemClock.monotonic();
  let instance: string | undefined;
  let release = 0;
  let sentAt = openedAt;
  let sent = -1;
  await new Promise<void>((resolve) => {
    let isOver = false;
    const over = (reason?: string) => {
      if (isOver) return;
      isOver = true;
      silence[Symbol.dispose]();
      signal.removeEventListener("abort", stop);
      if (reason !== undefined)
        tally.failed({
          kind,
          reason,
          startedAt: openedAt,
          unrepeatable: instance !== undefined,
          ...(instance === undefined ? {} : { instance }),
        });
      socket.terminate();
      resolve();
    };
    const stop = () => {
      if (socket.readyState === WebSocket.OPEN) {
        socket.close(1000);
        systemClock.after(500, () => over());
      } else over();
    };
    let silence: Disposable = systemClock.after(echoWithinMs, () => over("no answer to the handshake"));
    const send = () => {
      if (socket.readyState !== WebSocket.OPEN || signal.aborted) return;
      sent += 1;
      sentAt = systemClock.monotonic();
      socket.send(String(sent));
      silence = systemClock.after(echoWithinMs, () => over(`no echo of ${sent}`));
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.on("message", (message: Buffer) => {
      silence[Symbol.dispose]();
      const text = message.toString();
      if (sent === -1) {
        instance = text.split(" ")[0];
        release = Number(text.split(" ")[1]);
      } else if (text !== String(sent)) return over(`${text} came back for ${sent}`);
      else
        tally.answered({
          kind,
          startedAt: sentAt,
          endedAt: systemClock.monotonic(),
          instance: instance ?? "",
          release,
        });
      systemClock.after(50, send);
    });
    socket.on("close", (code) => {
      if (signal.aborted) return over();
      if (!politeCodes.includes(code)) return over(`closed with ${code} after ${sent} echoes`);
      tally.endedPolitely(kind);
      over();
    });
    socket.on("error", (error) => over(signal.aborted ? undefined : reasonOf(error)));
  });
}

/**
 * What EventSource does (HTML, section 9.2.3): reads a stream without an end, and asks for it again when it ends, however it ended.
 * A refused connection, or an answer that is not 200, fails it: the page would hear no more.
 */
export async function listener(
  target: Target,
  tally: Tally,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await listen(target, tally, signal);
    if (!signal.aborted) tally.endedPolitely("events");
  }
}

async function listen(target: Target, tally: Tally, signal: AbortSignal): Promise<void> {
  const kind = "events";
  const startedAt = systemClock.monotonic();
  await new Promise<void>((resolve) => {
    let instance: string | undefined;
    let text = "";
    let expected = 0;
    const fail = (reason: string) => {
      if (!signal.aborted)
        tally.failed({
          kind,
          reason,
          startedAt,
          unrepeatable: instance !== undefined,
          ...(instance === undefined ? {} : { instance }),
        });
      resolve();
    };
    const headers = { host: target.host, accept: "text/event-stream" };
    const sent = request(
      { host: "127.0.0.1", port: target.port, path: "/events", agent: false, headers, signal },
      (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          return fail(`status ${response.statusCode ?? 0}`);
        }
        const { "x-instance": by, "x-release": release } = response.headers;
        instance = String(by);
        let before = startedAt;
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
          for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
            if (text.slice(0, end) !== `id: ${expected}\ndata: ${instance ?? ""}`)
              return fail(`event ${expected} is ${text.slice(0, end)}`);
            text = text.slice(end + 2);
            expected += 1;
            const endedAt = systemClock.monotonic();
            tally.answered({
              kind,
              startedAt: before,
              endedAt,
              instance: instance ?? "",
              release: Number(release),
            });
            before = endedAt;
          }
        });
        response.on("close", resolve).on("error", () => undefined); // "close" follows
      },
    );
    sent.on("error", (error) => (instance === undefined ? fail(reasonOf(error)) : resolve())).end();
  });
}
