import type { Call } from "#cli/declare.ts";
import { resolveTargets } from "#cli/input/targets.ts";
import { describeText } from "#cli/output/describe-text.ts";
import { paintFor } from "#cli/output/paint.ts";
import { print } from "#cli/output/print.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";

const recentEvents = 10;

/** `vdc describe KIND NAME`. */
export async function describe(call: Call): Promise<void> {
  await withSession(call, async (session) => {
    const { kind, keys } = resolveTargets(session.kinds, call.words, call.flags.text("project"));
    const [key] = keys;
    if (key === undefined || keys.length > 1) throw new UsageError("describe takes one name");
    const resource = await session.client.get(kind, key, call.io.signal);
    const { items } = await session.client.call(session.client.routes["event.list"], {
      query: {
        kind: kind.kind,
        name: key.name,
        ...(key.project === undefined ? {} : { project: key.project }),
        limit: recentEvents,
      },
      signal: call.io.signal,
    });
    const events = items.toReversed();
    await print(call, { resource, events }, () =>
      describeText(resource, events, {
        nowMs: session.ports.clock.now(),
        paint: paintFor(call.io, "stdout"),
      }),
    );
  });
}
