import type { ExecRequest, ExecSession } from "#apps/engine.ts";

type Chunk = { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array };

/** Acts out a few commands: `echo`, `cat`, `true`, `false` and `stty size`. Every other is not found, as a shell says it. */
export function modelSession(request: ExecRequest): ExecSession {
  const { command, terminal } = request;
  const size = { columns: terminal?.columns ?? 80, rows: terminal?.rows ?? 24 };
  const queue: Chunk[] = [];
  const ended = Promise.withResolvers<{ readonly code?: number; readonly signal?: string }>();
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  const say = (text: string, stream: Chunk["stream"] = "stdout") => {
    queue.push({ stream: terminal === undefined ? stream : "stdout", data: Buffer.from(text) });
    wake.resolve();
  };
  const end = (result: { readonly code?: number; readonly signal?: string }) => {
    isOver = true;
    ended.resolve(result);
    wake.resolve();
  };
  const [program = "", ...words] = command;
  if (program === "echo") say(`${words.join(" ")}\n`);
  if (program === "stty") say(`${size.rows} ${size.columns}\n`);
  if (program === "echo" || program === "true" || program === "stty") end({ code: 0 });
  else if (program === "false") end({ code: 1 });
  else if (program !== "cat") {
    say(`${program}: not found\n`, "stderr");
    end({ code: 127 });
  }
  return {
    output: chunks(),
    ended: ended.promise,
    write: async (data) => {
      if (!isOver) say(Buffer.from(data).toString("utf8"));
      await Promise.resolve();
    },
    endInput: () => {
      if (!isOver) end({ code: 0 });
    },
    resize: (columns, rows) => void Object.assign(size, { columns, rows }),
    close: () => {
      if (!isOver) end({ signal: "SIGHUP" });
    },
  };

  async function* chunks(): AsyncGenerator<Chunk> {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else if (isOver) return;
      else {
        await wake.promise;
        wake = Promise.withResolvers();
      }
    }
  }
}
