import { z } from "zod";
import { execClientMessageSchema, type ExecServerMessage } from "#api/apps.ts";
import { VdcError } from "#api/errors.ts";
import type { FixedRoutes } from "#api/routes.ts";
import { parseInput } from "#api/validate.ts";
import type { AppsService, RunningCommand } from "../app-services.ts";
import type { Call, SocketHandler } from "../handler.ts";
import { asVdcError } from "../http/problems.ts";
import type { Services } from "../services.ts";
import type { Peer } from "../sockets/peer.ts";

type ExecRoute = FixedRoutes["instance.exec"];

/** A program and its arguments: bounded, and without NUL, which ends a string for the kernel. */
const commandSchema = z
  .array(
    z
      .string()
      .max(8_192)
      .refine((text) => !text.includes("\0"), "must not hold a NUL character"),
  )
  .min(1, "must name a program")
  .max(256)
  .refine(([program]) => program !== "", "must name a program");

/**
 * `GET …/exec`: a command in an instance's sandbox. The audit entry is written before the command begins and names
 * the program, never its arguments, which may hold secrets. What fails later is said by a `failed` message: a browser
 * cannot read the answer of a refused upgrade.
 */
export function execHandler({
  apps,
  store,
}: {
  readonly apps: AppsService;
  readonly store: Pick<Services["store"], "audit" | "resources">;
}): SocketHandler<ExecRoute> {
  return async (call) => {
    const { params, query, by } = call;
    const command = parseInput(commandSchema, jsonOf(query.command), "The command", "command");
    const instance = await store.resources.get({ kind: "instance", ...params });
    if (instance === undefined)
      throw new VdcError(
        "not-found",
        `There is no instance '${params.name}' in project '${params.project}'.`,
      );
    const entry = {
      ...by,
      verb: "exec",
      target: { kind: "instance", ...params, id: instance.id },
      outcome: "done" as const,
      detail: { program: command[0]?.slice(0, 200) ?? "", terminal: query.terminal === "true" },
    };
    return async (peer) => {
      let running: RunningCommand | undefined;
      try {
        await store.audit.append([entry]);
        running = await apps.exec(params, { command, ...terminalOf(call) }, by);
        await connect(peer, running);
      } catch (error) {
        const { code, message } = asVdcError(error);
        await say(peer, { type: "failed", error: code, message });
        if (code === "fault") throw error;
      } finally {
        running?.close();
      }
    };
  };
}

function terminalOf({ query }: Call<ExecRoute>) {
  return query.terminal === "true" ? { terminal: { columns: query.columns, rows: query.rows } } : {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VdcError("invalid", "The command is not JSON.", {
      fields: [{ path: "command", message: "must be a JSON array of strings" }],
      cause,
    });
  }
}

/** Both directions until the command ends or the peer leaves. */
async function connect(peer: Peer, running: RunningCommand): Promise<void> {
  peer.signal.addEventListener("abort", () => running.close(), { once: true });
  if (peer.signal.aborted) return;
  await say(peer, { type: "started" });
  let fault: Error | undefined;
  // Ends with the socket, which this does not wait for.
  void takeInput(peer, running).catch((error: unknown) => {
    fault = asVdcError(error); // thrown below, when the output has ended by this
    running.close();
  });
  for await (const { stream, data } of running.output) await peer.sendBytes(framed(stream, data));
  const ended = await running.ended;
  if (fault !== undefined) throw fault;
  if (!peer.signal.aborted) await say(peer, { type: "exited", ...ended });
}

/** Ends with the socket. Throws for a message that is none. */
async function takeInput(peer: Peer, running: RunningCommand): Promise<void> {
  for await (const message of peer.messages) {
    if (message.type === "bytes") await running.write(message.bytes);
    else {
      const said = parseInput(execClientMessageSchema, jsonOf(message.text), "The message");
      if (said.type === "resize") running.resize(said.columns, said.rows);
      else running.endInput();
    }
  }
}

/** First byte: 1 stdout, 2 stderr. */
function framed(stream: "stdout" | "stderr", data: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + data.byteLength);
  message[0] = stream === "stdout" ? 1 : 2;
  message.set(data, 1);
  return message;
}

async function say(peer: Peer, message: ExecServerMessage): Promise<void> {
  await peer.sendText(JSON.stringify(message));
}
