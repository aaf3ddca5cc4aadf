import { useParams } from "react-router";
import { machineKind } from "#api/kinds/machine.ts";
import { api } from "#console/data/api.ts";
import { useMachine, type Machine } from "#console/data/queries.ts";
import { Button } from "#console/kit/button.tsx";
import { CopyField } from "#console/kit/copy.tsx";
import { Failure, FailureNote, tellError } from "#console/kit/failure.tsx";
import { Meter } from "#console/kit/meter.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { Facts, Panel } from "#console/kit/panel.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { Switch } from "#console/kit/switch.tsx";
import { Ago, FullTime } from "#console/kit/time.tsx";
import { say } from "#console/kit/toast.tsx";
import { formatBytes } from "#console/lib/format.ts";
import { useAction } from "#console/lib/use-action.ts";
import { MachineCharts } from "#console/pages/machine-charts.tsx";
import { MachineProcesses } from "#console/pages/machine-processes.tsx";
import { OwnerOnly } from "#console/pages/owner-only.tsx";
import { overlay } from "#console/shell/overlay-store.ts";

const up = { to: "/machines", label: "Machines" };

export function MachinePage() {
  const { name = "" } = useParams();
  return (
    <OwnerOnly title={name} action="machine.view">
      <OneMachine name={name} />
    </OwnerOnly>
  );
}

function OneMachine(props: { readonly name: string }) {
  const { machine, error, refetch } = useMachine(props.name);
  if (machine === undefined)
    return error === null ? (
      <SkeletonPage />
    ) : (
      <Page title={props.name} up={up}>
        <Failure error={error} onRetry={() => void refetch()} />
      </Page>
    );
  if (machine === null)
    return (
      <Page title={props.name} up={up}>
        <Empty title={`Machine ${props.name} was removed`} />
      </Page>
    );
  return <MachineView machine={machine} />;
}

function MachineView(props: { readonly machine: Machine }) {
  const { machine } = props;
  const probe = useAction(async () => {
    await api.call(api.routes["machine.probe"], { params: { name: machine.name } });
    overlay.set("operations");
  });
  const schedulable = useAction((on: boolean) => setSchedulable(machine.name, on));
  const { phase } = machine.status;
  return (
    <Page
      title={machine.name}
      up={up}
      aside={
        <State
          tone={phase === "unreachable" ? "bad" : phase === "ready" ? "good" : "rest"}
          className="text-dim"
        >
          {phase ?? "not yet looked at"}
        </State>
      }
      {...(machine.spec.title === "" ? {} : { subtitle: machine.spec.title })}
      actions={
        <>
          <Switch
            label="Takes new work"
            checked={machine.spec.schedulable}
            disabled={schedulable.busy}
            onChange={(on) => schedulable.run(on)}
          />
          <Button busy={probe.busy} onClick={() => probe.run()}>
            Look again
          </Button>
        </>
      }
    >
      <FailureNote error={probe.error ?? schedulable.error} />
      <MachineCharts machine={machine.name} />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-6">
          <Panel
            title="Facts"
            {...(machine.status.probedAt === undefined
              ? {}
              : {
                  note: (
                    <>
                      looked at <Ago at={machine.status.probedAt} />
                    </>
                  ),
                })}
          >
            <Facts items={facts(machine)} />
          </Panel>
          <Disks machine={machine} />
        </div>
        <Programs machine={machine} />
      </div>
      <MachineProcesses machine={machine.name} />
    </Page>
  );
}

/** Lets new work come or keeps it away, and offers to take that back. */
async function setSchedulable(name: string, on: boolean): Promise<void> {
  await api.patch(machineKind, { name }, { spec: { schedulable: on } });
  const undo = () => {
    setSchedulable(name, !on).catch((error: unknown) =>
      say("Not undone", { tone: "bad", description: tellError(error).detail }),
    );
  };
  say(`${name} ${on ? "takes new work" : "takes no new work"}`, { action: { label: "Undo", run: undo } });
}

function facts(machine: Machine) {
  const { status } = machine;
  const yesNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? "yes" : "no");
  const items: readonly { readonly name: string; readonly value: React.ReactNode }[] = [
    { name: "Host name", value: status.hostname },
    { name: "System", value: status.operatingSystem },
    { name: "Kernel", value: status.kernel },
    { name: "Processor", value: status.cpuModel },
    {
      name: "Cores",
      value: status.cores === undefined ? undefined : `${status.cores}, ${status.architecture ?? ""}`,
    },
    { name: "Memory", value: status.memoryBytes === undefined ? undefined : formatBytes(status.memoryBytes) },
    { name: "Booted", value: status.bootedAt === undefined ? undefined : <FullTime at={status.bootedAt} /> },
    { name: "Control groups", value: status.cgroup },
    { name: "User namespaces", value: yesNo(status.userNamespaces) },
    { name: "Virtualization", value: yesNo(status.virtualization) },
  ];
  return items.map((item) => ({
    name: item.name,
    value: item.value ?? <span className="text-faint">unknown</span>,
  }));
}

function Disks(props: { readonly machine: Machine }) {
  const { disks } = props.machine.status;
  return (
    <Panel title="Disks" {...(disks === undefined ? {} : { note: disks.length })}>
      {disks === undefined || disks.length === 0 ? (
        <p className="text-dim">No disk is known yet.</p>
      ) : (
        <ul className="flex flex-col gap-4">
          {disks.map((disk) => (
            <li key={disk.mount} className="flex flex-col gap-1">
              <Meter
                label={disk.mount}
                value={disk.sizeBytes - disk.freeBytes}
                limit={disk.sizeBytes}
                format={formatBytes}
              />
              <span className="truncate text-xs text-faint">
                {disk.device} · {disk.filesystem} · {formatBytes(disk.freeBytes)} free
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Programs(props: { readonly machine: Machine }) {
  const programs = props.machine.status.programs ?? [];
  const present = programs.filter((program) => program.present).length;
  return (
    <Panel title="Optional programs" note={`${present} of ${programs.length} present`} flush>
      {programs.length === 0 ? (
        <p className="p-4 text-dim">Not looked for yet.</p>
      ) : (
        <ul className="divide-y divide-line">
          {programs
            .toSorted((a, b) => Number(a.present) - Number(b.present) || a.name.localeCompare(b.name))
            .map((program) => (
              <li key={program.name} className="flex flex-col gap-2 px-4 py-3">
                <div className="flex items-baseline justify-between gap-4">
                  <span className="min-w-0">
                    <State tone={program.present ? "good" : "rest"}>{program.name}</State>
                    <span className="ml-3 text-dim">{program.purpose}</span>
                  </span>
                  <span className="shrink-0 text-xs text-faint">
                    {program.present ? (program.version ?? "present") : "missing"}
                  </span>
                </div>
                {!program.present && program.remedy !== undefined && (
                  <CopyField text={program.remedy} label={`Copy how to get ${program.name}`} />
                )}
              </li>
            ))}
        </ul>
      )}
    </Panel>
  );
}
