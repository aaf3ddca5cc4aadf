import { execServerMessageSchema, type ExecClientMessage } from "#api/apps.ts";
import { routeAddress } from "#api/transport.ts";
import { api } from "#console/data/api.ts";

export interface ExecWanted {
  readonly project: string;
  readonly instance: string;
  readonly command: readonly string[];
  readonly columns: number;
  readonly rows: number;
}

/** How a command ended, or why it did not run. */
export type ExecEnd =
  | { readonly kind: "exited"; readonly code: number | undefined; readonly signal: string | undefined }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "lost" };

export interface ExecSocket {
  /** Bytes that were typed; those before the command runs are kept until it does. */
  readonly write: (text: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** Closes the socket, which ends the command; `onEnd` is not called. */
  readonly close: () => void;
}

/** The server takes input in messages of up to 1 MiB. */
const chunkCharacters = 32 * 1024;
/** Typed ahead while nothing takes it: more is a paste into a command that hangs, and is left out. */
const maxUnsentBytes = 4 * 1024 * 1024;

/**
 * A command in an instance, over a WebSocket of this origin: the browser sends the session's cookie, the server
 * looks at the origin and at the rights.
 */
export function openExec(
  wanted: ExecWanted,
  hear: {
    readonly onStart: () => void;
    readonly onOutput: (bytes: Uint8Array) => void;
    readonly onEnd: (end: ExecEnd) => void;
  },
): ExecSocket {
  const socket = new WebSocket(addressOf(wanted));
  socket.binaryType = "arraybuffer";
  const encoder = new TextEncoder();
  let ended = false;
  const end = (how: ExecEnd) => {
    if (ended) return;
    ended = true;
    socket.close();
    hear.onEnd(how);
  };
  socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (ended) return;
    if (typeof data !== "string") {
      // The first byte says which stream; a terminal shows both.
      if (data.byteLength > 1) hear.onOutput(new Uint8Array(data, 1));
      return;
    }
    const said = execServerMessageSchema.safeParse(parsed(data));
    if (!said.success) return end({ kind: "failed", message: "The data center said something unknown." });
    if (said.data.type === "started") hear.onStart();
    else if (said.data.type === "exited")
      end({ kind: "exited", code: said.data.code, signal: said.data.signal });
    else end({ kind: "failed", message: said.data.message ?? "It could not be run." });
  });
  socket.addEventListener("close", () => end({ kind: "lost" }));
  const isOpen = () => !ended && socket.readyState === WebSocket.OPEN;
  const tell = (message: ExecClientMessage) => {
    if (isOpen()) socket.send(JSON.stringify(message));
  };
  return {
    write(text) {
      for (let at = 0; at < text.length && isOpen(); at += chunkCharacters) {
        if (socket.bufferedAmount > maxUnsentBytes) return;
        socket.send(encoder.encode(text.slice(at, at + chunkCharacters)));
      }
    },
    resize: (columns, rows) => tell({ type: "resize", columns, rows }),
    close() {
      ended = true;
      socket.close();
    },
  };
}

function addressOf(wanted: ExecWanted): string {
  const path = routeAddress(
    api.routes["instance.exec"],
    { project: wanted.project, name: wanted.instance },
    {
      command: JSON.stringify(wanted.command),
      terminal: "true",
      columns: wanted.columns,
      rows: wanted.rows,
    },
  );
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown; // nothing is assumed: the schema reads it
  } catch {
    return undefined; // the schema refuses it
  }
}
