import type { ServiceDraft } from "./draft.ts";
import { readByTable, type KeyTable } from "./key-table.ts";
import { readCpus, readMemory, readPids, readReplicas } from "./service-readers.ts";
import { mapOf } from "./values.ts";

export const limitsTable: KeyTable<ServiceDraft> = {
  cpus: { becomes: "CPU limit of one instance", read: readCpus },
  memory: { becomes: "memory limit of one instance", read: readMemory },
  pids: { becomes: "processes that one instance may have", read: readPids },
};

export const resourcesTable: KeyTable<ServiceDraft> = {
  limits: {
    becomes: "limits of one instance",
    read: (place, draft) => readByTable(place, limitsTable, draft),
  },
  reservations: { refused: "nothing is set aside for one service; give the others limits" },
};

export const deployTable: KeyTable<ServiceDraft> = {
  replicas: {
    becomes: "instances that an app starts with; it scales itself by the package's `scale`",
    read: readReplicas,
  },
  resources: { becomes: "limits", read: (place, draft) => readByTable(place, resourcesTable, draft) },
  mode: {
    becomes: "`replicated`, which is how services run anyway",
    read: (place) => {
      if (place.value !== "replicated")
        place.wrong("not supported: only `replicated`; jobs are hooks of the package");
    },
  },
  restart_policy: {
    becomes: "`condition` as `restart`",
    read: (place, draft) => {
      const conditions = { any: "always", "on-failure": "on-failure", none: "no" } as const;
      for (const [key, member] of mapOf(place) ?? []) {
        const condition = Object.entries(conditions).find(([name]) => name === member.value)?.[1];
        if (key !== "condition")
          member.wrong("not supported: restarts are slowed down by one rule for all, not counted");
        else if (condition === undefined) member.wrong("any, on-failure or none is expected");
        else draft.restart = condition;
      }
    },
  },
  update_config: { refused: "the app says how it rolls out: `rollout` of the app" },
  rollback_config: { refused: "the app says how it rolls back: `rollout` of the app" },
  placement: { refused: "instances are placed by the data center" },
  endpoint_mode: { refused: "the gateway spreads requests; see the policy of the package's routes" },
  labels: { refused: "labels belong to the app: `labels` of the app" },
};
