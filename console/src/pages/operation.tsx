import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { Operation } from "#api/records.ts";
import { api } from "#console/data/api.ts";
import { useOperations } from "#console/data/queries.ts";
import { CopyButton } from "#console/kit/copy.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Progress } from "#console/kit/meter.tsx";
import { Page } from "#console/kit/page.tsx";
import { Facts, Panel } from "#console/kit/panel.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State } from "#console/kit/state.tsx";
import { FullTime } from "#console/kit/time.tsx";
import { isRunning, operationTones } from "#console/lib/operations.ts";
import { OperationBody } from "#console/shell/operation-card.tsx";

const up = { to: "/operations", label: "Operations" };

/** One operation. The live list has it when it is recent; an older one is asked for. */
export function OperationPage() {
  const { id = "" } = useParams();
  const listed = useOperations().data?.items.find((operation) => operation.id === id);
  const asked = useQuery({
    queryKey: ["operation", id],
    queryFn: ({ signal }) => api.call(api.routes["operation.get"], { params: { operation: id }, signal }),
    enabled: listed === undefined,
  });
  const operation = listed ?? asked.data;
  if (operation === undefined)
    return asked.error === null ? (
      <SkeletonPage />
    ) : (
      <Page title="Operation" up={up}>
        <Failure error={asked.error} onRetry={() => void asked.refetch()} />
      </Page>
    );
  return (
    <Page
      title={operation.title}
      up={up}
      aside={<State tone={operationTones[operation.state]}>{operation.state}</State>}
    >
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Panel title="Progress" note={`${operation.percent} %`}>
          <div className="flex flex-col gap-4">
            <Progress
              label={operation.title}
              percent={operation.percent}
              tone={operation.state === "failed" ? "bad" : isRunning(operation) ? "busy" : "good"}
            />
            <OperationBody operation={operation} />
          </div>
        </Panel>
        <Panel title="About">
          <Facts items={facts(operation)} />
        </Panel>
      </div>
    </Page>
  );
}

function facts(operation: Operation) {
  const { target } = operation;
  const targetPath =
    target?.kind === "project"
      ? `/projects/${target.name}`
      : target?.kind === "machine"
        ? `/machines/${target.name}`
        : undefined;
  return [
    { name: "Type", value: <code>{operation.type}</code> },
    ...(target === undefined
      ? []
      : [
          {
            name: "Target",
            value:
              targetPath === undefined ? (
                `${target.kind}/${target.name}`
              ) : (
                <Link to={targetPath} className="link">
                  {target.kind}/{target.name}
                </Link>
              ),
          },
        ]),
    { name: "By", value: operation.actor.name },
    { name: "Started", value: <FullTime at={operation.createdAt} /> },
    ...(operation.finishedAt === undefined
      ? []
      : [{ name: "Ended", value: <FullTime at={operation.finishedAt} /> }]),
    {
      name: "Id",
      value: (
        <span className="flex items-center gap-1">
          <code className="min-w-0 truncate text-xs text-dim">{operation.id}</code>
          <span className="-my-2">
            <CopyButton text={operation.id} label="Copy id" />
          </span>
        </span>
      ),
    },
  ];
}
