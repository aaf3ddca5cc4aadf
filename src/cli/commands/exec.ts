import { execServerMessageSchema, type ExecServerMessage } from "#api/apps.ts";
import { isErrorCode, VdcError } from "#api/errors.ts";
import { routeAddress } from "#api/transport.ts";
import { appKey, instancesOf, kindOf, projectOf, type AppKey, type Instance } from "#cli/apps/app-target.ts";
import { present } from "#cli/follow-resource.ts";
import type { Call } from "#cli/declare.ts";
import type { CliIo, RawTerminal } from "#cli/io.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import type { CliSocket } from "#cli/ports.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { assert } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import { silentLog } from "#lib/log.ts";

/** Input goes out in messages of at most this: the server takes up to 1 MiB. */
const chunkBytes = 32 * 1024;
/** Exit statuses of signals, as shells give them: 128 and the signal's number. */
const signals: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGTERM: 15,
};

/** `vdc exec APP|INSTANCE [-t] -- COMMAND`: runs a command in an instance's sandbox; its exit status is this one's. */
export async function exec(call: Call): Promise<number> {
  const [target, ...command] = call.words;
  if (target === undefined) throw new UsageError("an app or an instance is missing");
  if (command.length === 0)
    throw new UsageError("a command is missing", "write it after --: `vdc exec news -- ls -l`");
  return await withSession(call, async (session) => {
    const instance = await instanceOf(call, session, target);
    const terminal = terminalOf(call);
    try {
      const path = routeAddress(session.client.routes["instance.exec"], instance, {
        command: JSON.stringify(command),
        ...(terminal === undefined ? {} : { terminal: "true", ...terminal.size() }),
      });
      const socket = await session.openSocket(path, call.io.signal);
      return await converse(call.io, socket, terminal);
    } finally {
      terminal?.[Symbol.dispose]();
    }
  });
}

/** Undefined without `-t`. */
function terminalOf(call: Call): RawTerminal | undefined {
  if (!call.flags.has("terminal")) return undefined;
  const terminal = call.io.rawTerminal();
  if (terminal === undefined)
    throw new UsageError(
      "-t needs a terminal on both sides",
      "leave -t out where input or output is redirected",
    );
  return terminal;
}

/** The instance that a word names; for an app, its first ready one, of the component asked for. */
async function instanceOf(call: Call, session: Session, word: string): Promise<AppKey> {
  const own = /^inst(?:ances?)?\/(.+)$/.exec(word)?.[1] ?? word;
  if (!word.startsWith("app/") && !own.includes("/")) {
    const key = { kind: "instance", project: projectOf(call), name: own };
    const found = await present(session, kindOf(session, "instance"), key, call.io.signal);
    if (found !== undefined) return { project: key.project, name: own };
  }
  const app = appKey(call, word);
  const component = call.flags.text("component");
  const all = await instancesOf(session, app);
  const fitting = all.filter(({ spec }) => component === undefined || spec.component === component);
  const best = fitting.toSorted((a, b) => rank(a) - rank(b))[0];
  if (best !== undefined && rank(best) < 3) return { project: app.project, name: best.name };
  const what = component === undefined ? "" : ` of the component '${component}'`;
  throw new VdcError(
    "not-found",
    fitting.length === 0
      ? `There is no app or instance '${app.name}' with an instance${what} in project '${app.project}'.`
      : `No instance of '${app.name}'${what} runs.`,
    { extra: { remedy: `\`vdc app get ${app.name} -p ${app.project}\` shows its instances.` } },
  );
}

/** A ready one first, newest release first among equals is not promised. */
function rank({ status }: Instance): number {
  switch (status.phase) {
    case "ready":
      return 0;
    case "unhealthy":
    case "starting":
      return 1;
    case "draining":
      return 2;
    default:
      return 3;
  }
}

async function converse(io: CliIo, socket: CliSocket, terminal: RawTerminal | undefined): Promise<number> {
  const done = new AbortController();
  const stop = () => socket.close();
  io.signal.addEventListener("abort", stop, { once: true });
  terminal?.onResize(() => {
    background(
      socket.send(JSON.stringify({ type: "resize", ...terminal.size() })),
      "cli.exec.resize",
      silentLog,
    );
  });
  background(sendInput(io, socket, done.signal), "cli.exec.input", silentLog);
  try {
    for await (const message of socket.messages) {
      if (typeof message === "string") {
        const status = statusOf(execServerMessageSchema.parse(JSON.parse(message)));
        if (status !== undefined) return status;
      } else if (message.byteLength > 1) {
        await io.writeBytes(message[0] === 2 ? "stderr" : "stdout", message.subarray(1));
      }
    }
    io.signal.throwIfAborted();
    throw endedEarly(socket);
  } finally {
    done.abort();
    io.signal.removeEventListener("abort", stop);
    socket.close();
  }
}

/** Undefined while it goes on. Throws what it failed with. */
function statusOf(message: ExecServerMessage): number | undefined {
  switch (message.type) {
    case "started":
      return undefined;
    case "exited":
      if (message.signal !== undefined) return 128 + (signals[message.signal] ?? 0);
      assert(message.code !== undefined, "a command ends by a status or a signal");
      return message.code;
    case "failed":
      throw new VdcError(
        isErrorCode(message.error) ? message.error : "fault",
        harmlessLine(message.message ?? "The command could not be run."),
      );
  }
}

function endedEarly(socket: CliSocket): VdcError {
  const { code, reason } = socket.ending() ?? { code: 1006, reason: "" };
  if (code === 1008) return new VdcError("forbidden", "Your sign-in, or your right to do this, has ended.");
  return new VdcError(
    "unreachable",
    `The connection ended before the command did (${code}${reason === "" ? "" : `, ${harmlessLine(reason)}`}).`,
  );
}

/** Stdin until its end; where nothing is redirected to it, it is left alone without a terminal. */
async function sendInput(io: CliIo, socket: CliSocket, signal: AbortSignal): Promise<void> {
  for await (const bytes of io.readChunks(signal))
    for (let at = 0; at < bytes.byteLength; at += chunkBytes)
      await socket.send(bytes.subarray(at, at + chunkBytes));
  if (!signal.aborted) await socket.send(JSON.stringify({ type: "end-input" }));
}
