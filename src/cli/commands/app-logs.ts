import { VdcError } from "#api/errors.ts";
import { appKey, type AppKey } from "#cli/apps/app-target.ts";
import { logText } from "#cli/apps/last-lines.ts";
import type { Call } from "#cli/declare.ts";
import { Flags } from "#cli/flags.ts";
import type { CliIo } from "#cli/io.ts";
import { formatOf } from "#cli/output/print.ts";
import { jsonLine } from "#cli/output/structured.ts";
import { withSession, type Session } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { backoffMs } from "#lib/backoff.ts";

const defaultLines = 200;
const maxLines = 10_000;
const reconnect = { baseMs: 200, maxMs: 5000 };
/** Following gives up when the data center was away for so many tries in a row. */
const maxAttempts = 60;

/** `vdc logs APP [-f]`, which is declared with the local verbs: the same word shows the logs of parts. */
export async function runAppLogs(
  io: CliIo,
  words: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  await showAppLogs({ io, words, flags: new Flags(options) });
}

type LogCall = Pick<Call, "io" | "words" | "flags">;

/** The lines of an app's instances, oldest first. */
async function showAppLogs(call: LogCall): Promise<void> {
  const key = appKey(call, call.words[0]);
  await withSession(call, async (session) => {
    const follow = call.flags.has("follow");
    let tail = lineCount(call);
    for (let attempt = 0; ; attempt += 1) {
      const shown = { lines: 0 };
      try {
        await showLines(call, session, key, { tail, follow, shown });
        if (!follow) return;
      } catch (error) {
        // Only a connection that was lost is worth another try, and only when somebody waits for more.
        if (!(follow && error instanceof VdcError && error.code === "unreachable")) throw error;
        if (attempt >= maxAttempts) throw error;
      }
      call.io.signal.throwIfAborted();
      // Lines of the outage may be missing: to show some twice would be the other choice, and logs are read as what happened.
      if (shown.lines > 0) attempt = 0;
      tail = 0;
      call.io.stderr("connection lost; trying again\n");
      await session.ports.clock.sleep(backoffMs(attempt, reconnect, session.ports.random), call.io.signal);
    }
  });
}

async function showLines(
  call: LogCall,
  session: Session,
  key: AppKey,
  wanted: { readonly tail: number; readonly follow: boolean; readonly shown: { lines: number } },
): Promise<void> {
  const { flags, io } = call;
  const component = flags.text("component");
  const instance = flags.text("instance");
  const search = flags.text("search");
  const isJson = formatOf(call) === "json";
  const entries = session.client.events(session.client.routes["app.logs"], {
    params: key,
    query: {
      tail: wanted.tail,
      follow: wanted.follow ? "true" : "false",
      ...(component === undefined ? {} : { component }),
      ...(instance === undefined ? {} : { instance }),
      ...(search === undefined ? {} : { search }),
    },
    signal: io.signal,
  });
  for await (const entry of entries) {
    io.stdout(isJson ? jsonLine(entry) : `${logText(entry)}\n`);
    wanted.shown.lines += 1;
  }
}

function lineCount(call: LogCall): number {
  const text = call.flags.text("lines");
  const count = text === undefined ? defaultLines : (call.flags.whole("lines", 0) ?? defaultLines);
  if (count > maxLines) throw new UsageError(`--lines takes at most ${maxLines}`);
  return count;
}
