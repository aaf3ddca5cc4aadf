import { Suspense, lazy, useState } from "react";
import { useInstances, type Instance } from "#console/data/app-queries.ts";
import type { ExecEnd } from "#console/data/exec-socket.ts";
import { may } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";
import { readPreference, writePreference } from "#console/data/theme.ts";
import { Button } from "#console/kit/button.tsx";
import { SelectField, TextField } from "#console/kit/field.tsx";
import { Empty } from "#console/kit/page.tsx";
import { Panel } from "#console/kit/panel.tsx";
import { State } from "#console/kit/state.tsx";
import { Switch } from "#console/kit/switch.tsx";
import { splitCommand } from "#console/lib/split-command.ts";

// xterm.js is 300 kB: only who opens a terminal loads it.
const TerminalScreen = lazy(async () => ({
  default: (await import("#console/pages/app-live/terminal-screen.tsx")).TerminalScreen,
}));

interface Run {
  /** Counts up: every start is a screen of its own. */
  readonly id: number;
  readonly instance: string;
  readonly command: readonly string[];
  readonly state: "starting" | "running" | ExecEnd;
}

/** What a command can be run in: its processes are there. */
const livePhases = new Set(["ready", "starting", "unhealthy", "draining"]);

/** A command in one of an app's instances. Only for operators, as the server says as well. */
export function TerminalTab(props: { readonly project: string; readonly app: string }) {
  const me = useMe();
  const { items } = useInstances(props.project);
  if (!may(me, "app.change", props.project))
    return (
      <Panel title="Terminal" quietTitle>
        <Empty title="Only operators run commands in instances">
          Whoever administrates the project {props.project} can give you that role.
        </Empty>
      </Panel>
    );
  const instances = (items ?? [])
    .filter(({ spec, status }) => spec.app === props.app && livePhases.has(status.phase ?? ""))
    .toSorted((a, b) => Number(b.status.phase === "ready") - Number(a.status.phase === "ready"));
  return <TerminalPanel project={props.project} instances={instances} />;
}

function TerminalPanel(props: { readonly project: string; readonly instances: readonly Instance[] }) {
  const { instances } = props;
  const [chosen, setChosen] = useState("");
  const [typed, setTyped] = useState("/bin/sh");
  const [screenReader, setScreenReader] = useState(readPreference("vdc.terminal.reader") === "on");
  const [run, setRun] = useState<Run>();
  const instance = instances.some(({ name }) => name === chosen) ? chosen : (instances[0]?.name ?? "");
  const command = splitCommand(typed);
  const isOver = run === undefined || typeof run.state === "object";
  const start = () => {
    if (command === undefined || command.length === 0 || instance === "") return;
    setRun({ id: (run?.id ?? 0) + 1, instance, command, state: "starting" });
  };
  const become = (id: number, state: Run["state"]) =>
    setRun((held) => (held?.id === id ? { ...held, state } : held));
  return (
    <Panel title="Terminal" {...(run === undefined ? {} : { note: run.instance })} flush>
      <form
        className="flex flex-wrap items-end gap-x-4 gap-y-3 px-4 py-3"
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <SelectField
          label="Instance"
          value={instance}
          disabled={!isOver || instances.length === 0}
          onChange={({ target }) => setChosen(target.value)}
        >
          {instances.length === 0 && <option value="">None runs</option>}
          {instances.map(({ name, status }) => (
            <option key={name} value={name}>
              {status.phase === "ready" ? name : `${name} (${status.phase ?? "?"})`}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Command"
          className="font-mono"
          value={typed}
          disabled={!isOver}
          error={command === undefined ? "A quote is not closed." : undefined}
          onChange={({ target }) => setTyped(target.value)}
        />
        {isOver ? (
          <Button
            look="primary"
            type="submit"
            disabled={instance === "" || command === undefined || command.length === 0}
          >
            {run === undefined ? "Connect" : "Connect again"}
          </Button>
        ) : (
          <Button onClick={() => setRun(undefined)}>Disconnect</Button>
        )}
        <Switch
          label="For screen readers"
          checked={screenReader}
          onChange={(on) => {
            setScreenReader(on);
            writePreference("vdc.terminal.reader", on ? "on" : "off");
          }}
        />
        <span role="status" className="control flex items-center">
          {run !== undefined && <RunState state={run.state} />}
        </span>
      </form>
      <div className="border-t border-line bg-ground p-3">
        {run === undefined ? (
          <Empty title="Not connected">
            The command runs inside the instance&apos;s sandbox, with the same rights and limits as the app.
            That it was run is written to the audit log. Shift and Tab leave the terminal.
          </Empty>
        ) : (
          <Suspense
            fallback={<div className="skeleton h-72" role="status" aria-label="The terminal is loading" />}
          >
            <TerminalScreen
              key={run.id}
              project={props.project}
              instance={run.instance}
              command={run.command}
              screenReader={screenReader}
              onStart={() => become(run.id, "running")}
              onEnd={(end) => become(run.id, end)}
            />
          </Suspense>
        )}
      </div>
    </Panel>
  );
}

function RunState(props: { readonly state: Run["state"] }) {
  const { state } = props;
  if (state === "starting") return <State tone="busy">connecting…</State>;
  if (state === "running") return <State tone="good">connected</State>;
  if (state.kind === "lost") return <State tone="bad">connection lost</State>;
  if (state.kind === "failed")
    return (
      <State tone="bad" className="whitespace-normal">
        {state.message}
      </State>
    );
  const how = state.signal === undefined ? `exited with ${state.code ?? "?"}` : `ended by ${state.signal}`;
  return <State tone={state.code === 0 ? "rest" : "warn"}>{how}</State>;
}
