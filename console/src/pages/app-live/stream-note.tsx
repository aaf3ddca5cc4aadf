import { VdcError } from "#api/errors.ts";
import type { StreamState } from "#console/data/keep-streaming.ts";
import { State } from "#console/kit/state.tsx";

/** Whether what is shown is fresh, in one word and a shape. */
export function StreamNote(props: { readonly state: StreamState; readonly paused?: boolean }) {
  const { state, paused = false } = props;
  if (state.phase === "waiting")
    return (
      <State tone="warn" className="text-xs text-warn">
        {state.error instanceof VdcError && state.error.code === "unauthenticated"
          ? "signed out"
          : "reconnecting…"}
      </State>
    );
  if (paused)
    return (
      <State tone="rest" className="text-xs text-dim">
        paused
      </State>
    );
  return (
    <State tone={state.phase === "live" ? "good" : "busy"} className="text-xs text-dim">
      {state.phase === "live" ? "live" : "connecting…"}
    </State>
  );
}

const lasting = new Set(["not-found", "forbidden", "invalid", "unsupported"]);

/** The error that waiting does not mend; undefined while there is hope. */
export function lastingError(state: StreamState): unknown {
  if (state.phase !== "waiting") return undefined;
  return state.error instanceof VdcError && lasting.has(state.error.code) ? state.error : undefined;
}
