import { deployTable } from "./deploy-table.ts";
import type { ServiceDraft } from "./draft.ts";
import { readByTable, type KeyTable } from "./key-table.ts";
import { readConfigs, readSecrets, readTmpfs, readVolumes } from "./mounts.ts";
import * as readers from "./service-readers.ts";
import { textOf, wordsOf } from "./values.ts";
import { readXVdc } from "./x-vdc.ts";

const oneNetwork = "there is one network, and the gateway is the door to it; write a route";
const engineCares =
  "instances share the machine's kernel under fixed rules; only an engine with machines of its own could do this";
const noDevices = "an instance sees no devices of the machine";
const filesOnly =
  "a package holds files, not images; build them before, and name their folder in x-vdc.artifact";

/** Every key of a service in the Compose specification, in the order in which they are read. */
export const serviceTable: KeyTable<ServiceDraft> = {
  image: {
    becomes:
      "the runtime, for the official images `node` and `python`: the tag's version is the least that will do. Any other image needs an engine with containers (`incus`), and a deploy says so",
    read: (place, draft) => {
      const image = textOf(place);
      if (image !== undefined) draft.image = image;
    },
  },
  command: {
    becomes: "the command; a text is split into words as a shell would, without a shell",
    read: (place, draft) => {
      const words = wordsOf(place);
      if (words !== undefined) draft.command = words;
    },
  },
  entrypoint: {
    becomes: "the beginning of the command",
    read: (place, draft) => {
      const words = wordsOf(place);
      if (words !== undefined) draft.entrypoint = words;
    },
  },
  working_dir: { becomes: "the folder that the command is run in", read: readers.readWorkingDirectory },
  env_file: { becomes: "variables; the file is read when the package is built", read: readers.readEnvFiles },
  environment: {
    becomes: "variables; `${settings.NAME}` is filled in by the instance",
    read: readers.readEnvironment,
  },
  expose: { becomes: "the port that the service listens on", read: readers.readExpose },
  ports: {
    becomes:
      "the port that the service listens on. What is published is not opened: the gateway serves the service at a route",
    read: readers.readPorts,
  },
  volumes: {
    becomes:
      "volumes of the app (named and anonymous), files in the service's layer (binds of the package's own folder, read-only, below /app or the mount that holds the working directory), or the private /tmp (tmpfs)",
    read: readVolumes,
  },
  tmpfs: { becomes: "the private /tmp that every instance has", read: readTmpfs },
  configs: { becomes: "files in the service's layer; the target has to lie below /app", read: readConfigs },
  secrets: {
    becomes:
      "a secret setting whose `file` has that name, seen as /run/secrets/NAME; nothing secret is packed",
    read: readSecrets,
  },
  healthcheck: {
    becomes:
      "liveness, and readiness unless x-vdc has one; the start is probed every `start_interval` for `start_period`",
    read: readers.readHealthcheck,
  },
  restart: { becomes: "when an instance is started again; `always` when absent", read: readers.readRestart },
  deploy: {
    becomes: "replicas and limits, see below",
    read: (place, draft) => readByTable(place, deployTable, draft),
  },
  scale: { becomes: "replicas", read: readers.readReplicas },
  mem_limit: { becomes: "memory limit of one instance", read: readers.readMemory },
  cpus: { becomes: "CPU limit of one instance", read: readers.readCpus },
  pids_limit: { becomes: "processes that one instance may have", read: readers.readPids },
  ulimits: { becomes: "open files (`nofile`)", read: readers.readUlimits },
  stop_signal: { becomes: "the signal that asks it to stop", read: readers.readStopSignal },
  stop_grace_period: { becomes: "how long it may take to stop", read: readers.readStopGrace },
  depends_on: {
    becomes: "the order of starts (`service_started`, `service_healthy`)",
    read: readers.readDependsOn,
  },
  labels: { becomes: "properties of the component in the SBOM", read: readers.readLabels },
  init: {
    becomes: "true, which is so anyway: what an instance leaves behind is collected",
    read: readers.onlyTrue(true, "zombies are always collected"),
  },
  read_only: {
    becomes: "true, which is so anyway: only volumes and /tmp can be written",
    read: readers.onlyTrue(true, "the root is always read-only; use a volume"),
  },
  privileged: {
    becomes: "false, which is so anyway",
    read: readers.onlyTrue(false, "no instance is privileged"),
  },
  cap_drop: { becomes: "nothing to do: all capabilities are dropped anyway", read: () => undefined },
  "x-vdc": { becomes: "what Compose has no words for, see below", read: readXVdc },

  annotations: { refused: "there is nobody who would read them; use labels" },
  attach: { refused: "logs are kept for every instance" },
  blkio_config: { refused: engineCares },
  build: { refused: filesOnly },
  cap_add: { refused: "instances have no capabilities" },
  cgroup: { refused: engineCares },
  cgroup_parent: { refused: engineCares },
  container_name: { refused: "instances have names of their own, because there may be several" },
  cpu_count: { refused: "use cpus" },
  cpu_percent: { refused: "use cpus" },
  cpu_period: { refused: "use cpus" },
  cpu_quota: { refused: "use cpus" },
  cpu_rt_period: { refused: engineCares },
  cpu_rt_runtime: { refused: engineCares },
  cpu_shares: { refused: "use cpus" },
  cpuset: { refused: "use cpus; which cores these are is for the data center to say" },
  credential_spec: { refused: "it is of Windows" },
  develop: { refused: "it is for a developer's machine; leave it out of the package" },
  device_cgroup_rules: { refused: noDevices },
  devices: { refused: noDevices },
  dns: { refused: oneNetwork },
  dns_opt: { refused: oneNetwork },
  dns_search: { refused: oneNetwork },
  domainname: { refused: oneNetwork },
  extends: { refused: "one file says all of a service; write its keys out, or use YAML anchors" },
  external_links: { refused: "write a requirement of type app: `requires` of the package" },
  extra_hosts: { refused: oneNetwork },
  gpus: { refused: noDevices },
  group_add: { refused: "an app runs as an account of its own" },
  hostname: { refused: oneNetwork },
  ipc: { refused: engineCares },
  isolation: { refused: engineCares },
  label_file: { refused: "write the labels out" },
  links: { refused: oneNetwork },
  logging: { refused: "logs are kept, rotated and searched for every instance in the same way" },
  mac_address: { refused: oneNetwork },
  mem_reservation: { refused: "use mem_limit" },
  mem_swappiness: { refused: engineCares },
  memswap_limit: { refused: "use mem_limit" },
  models: { refused: "write a requirement, or a setting that holds an address" },
  network_mode: { refused: oneNetwork },
  networks: { refused: oneNetwork },
  oom_kill_disable: { refused: "what passes its memory limit is ended, and the instance says so" },
  oom_score_adj: { refused: engineCares },
  pid: { refused: engineCares },
  platform: { refused: "x-vdc.runtime says what is needed" },
  post_start: { refused: "use the hooks of the package" },
  pre_stop: { refused: "use stop_signal; the gateway has stopped sending requests by then" },
  profiles: { refused: "every service of the file is a component; leave others out" },
  provider: { refused: "write a requirement: `requires` of the package" },
  pull_policy: { refused: filesOnly },
  pull_refresh_after: { refused: filesOnly },
  runtime: { refused: "x-vdc.runtime says which interpreter is needed" },
  security_opt: {
    refused: "instances never gain privileges, and how they are separated is for the engine to say",
  },
  shm_size: { refused: engineCares },
  stdin_open: { refused: "nobody types into a service; `vdc exec` runs a command beside it" },
  storage_opt: { refused: "use volumes" },
  sysctls: { refused: engineCares },
  tty: { refused: "nobody looks at its terminal; `vdc exec` has one" },
  use_api_socket: { refused: "an instance cannot steer the machine that it runs on" },
  user: { refused: "an app runs as an account of its own" },
  userns_mode: { refused: engineCares },
  uts: { refused: engineCares },
  volumes_from: { refused: "name the volumes in both services" },
};
