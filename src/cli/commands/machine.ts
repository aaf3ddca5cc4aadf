import type { MachineProcess, MachineSample } from "#api/system.ts";
import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import { followOperation, requireSuccess } from "#cli/follow-operation.ts";
import { formatOf, print, tableText } from "#cli/output/print.ts";
import { jsonLine } from "#cli/output/structured.ts";
import type { Table } from "#cli/output/table.ts";
import { bytesText } from "#cli/output/units.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const probeTimeoutMs = 60_000;
const refreshMs = 2000;
const defaultProcesses = 20;

/** `vdc machine probe [NAME]`: looks again at what the machine has. */
export async function machineProbe(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const name = await machineName(call, session);
    const begun = await session.client.call(session.client.routes["machine.probe"], {
      params: { name },
      signal: call.io.signal,
    });
    const operation = await followOperation(session, begun.id, {
      timeoutMs: probeTimeoutMs,
      signal: call.io.signal,
    });
    requireSuccess(operation);
    await print(call, operation, () => `machine/${name} probed\n`);
  });
}

/** `vdc machine top [NAME]`: what the machine does now, and which processes use most. */
export async function machineTop(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const name = await machineName(call, session);
    if (!call.flags.has("watch")) return showTop(call, await topOf(call, session, name), "");
    for (;;) {
      const top = await topOf(call, session, name);
      // Home and clear to the end: the screen is written over instead of scrolled away.
      await showTop(call, top, call.io.isTty.stdout ? "\u001b[H\u001b[J" : "");
      await session.ports.clock.sleep(refreshMs, call.io.signal);
    }
  });
}

interface Top {
  readonly machine: string;
  readonly sample: MachineSample | undefined;
  readonly processes: readonly MachineProcess[];
}

async function topOf(call: Call, session: Session, name: string): Promise<Top> {
  const sort = call.flags.oneOf("sort", ["cpu", "memory"] as const) ?? "cpu";
  const limit = Math.min(call.flags.whole("limit", 1) ?? defaultProcesses, 500);
  const { client } = session;
  const [samples, processes] = await Promise.all([
    client.call(client.routes["machine.samples"], { params: { name }, signal: call.io.signal }),
    client.call(client.routes["machine.processes"], {
      params: { name },
      query: { sort, limit },
      signal: call.io.signal,
    }),
  ]);
  return { machine: name, sample: samples.items.at(-1), processes: processes.items };
}

async function showTop(call: Call, top: Top, before: string): Promise<void> {
  if (call.flags.has("watch") && formatOf(call) === "json") return call.io.stdout(jsonLine(top));
  await print(
    call,
    top,
    () => `${before}${sampleText(top)}\n${tableText(call, processTable(top.processes))}`,
  );
}

export function sampleText(top: Top): string {
  const { sample } = top;
  if (sample === undefined) return `machine/${top.machine}: no sample yet\n`;
  const rate = (bytes: number) => `${bytesText(Math.round(bytes))}/s`;
  return [
    `machine/${top.machine} at ${sample.at}`,
    `cpu     ${sample.cpuPercent.toFixed(1)} %   load ${sample.load1.toFixed(2)}`,
    `memory  ${bytesText(sample.memoryUsedBytes)} of ${bytesText(sample.memoryTotalBytes)}`,
    `disk    read ${rate(sample.diskReadBytesPerSecond)}   write ${rate(sample.diskWriteBytesPerSecond)}`,
    `network in ${rate(sample.networkReceiveBytesPerSecond)}   out ${rate(sample.networkSendBytesPerSecond)}`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}

export function processTable(processes: readonly MachineProcess[]): Table {
  return {
    headers: ["PID", "USER", "CPU", "MEMORY", "STATE", "PART", "COMMAND"],
    rows: processes.map((process) => [
      String(process.pid),
      process.user,
      `${process.cpuPercent.toFixed(1)}%`,
      bytesText(process.residentBytes),
      process.state,
      process.part ?? "",
      process.command,
    ]),
  };
}

/** The named machine; the only one when none is named. */
async function machineName(call: Call, session: Session): Promise<string> {
  const [given] = call.words;
  if (given !== undefined) return given.replace(/^machine\//, "");
  const kind = session.kinds.get("machine");
  if (kind === undefined) throw new VdcError("unsupported", "There are no machines here.");
  const { items } = await session.client.list(kind, { limit: 2, signal: call.io.signal });
  const [only] = items;
  if (items.length === 1 && only !== undefined) return only.name;
  if (items.length === 0) throw new VdcError("not-found", "The data center has no machine.");
  throw new UsageError("there are several machines", "name one: `vdc get machines` lists them");
}
