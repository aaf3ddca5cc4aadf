import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VdcError } from "#api/errors.ts";
import { deployTable } from "./deploy-table.ts";
import { fileTable } from "./file-table.ts";
import { readCompose } from "./read-compose.ts";
import { serviceTable } from "./service-table.ts";
import { shellWords } from "./values.ts";

/** Every key of the Compose specification's schema of June 2026, so that none of them is unknown here. */
const specified = {
  file: "version name include services models networks volumes secrets configs",
  service:
    "develop deploy annotations attach build blkio_config cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_shares cpu_quota cpu_period cpu_rt_period cpu_rt_runtime cpus cpuset credential_spec depends_on device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file label_file environment expose extends provider external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit network_mode models networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles pull_policy pull_refresh_after read_only restart runtime scale security_opt shm_size secrets sysctls stdin_open stop_grace_period stop_signal storage_opt tmpfs tty ulimits use_api_socket user uts userns_mode volumes volumes_from working_dir",
  deploy:
    "mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement",
};

async function read(text: string, files: Readonly<Record<string, string>> = {}) {
  return await readCompose(Buffer.from(text), "compose.yaml", (path) => Promise.resolve(files[path]));
}

async function component(service: string, rest = "", files: Readonly<Record<string, string>> = {}) {
  const { components } = await read(
    `services:\n  web:\n${service.replaceAll(/^/gm, "    ")}\n${rest}`,
    files,
  );
  const [first] = components;
  assert.ok(first !== undefined);
  return first;
}

async function refusedFields(text: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  let said = "";
  await assert.rejects(read(text, files), (error) => {
    assert.ok(error instanceof VdcError && error.code === "invalid", String(error));
    said = error.fields.map(({ path, message }) => `${path}: ${message}`).join("\n");
    return true;
  });
  return said;
}

const command = "command: [node, server.js]";

describe("a Compose file", () => {
  it("has a rule for every key of the specification", () => {
    const missing = (names: string, table: object) =>
      names.split(" ").filter((key) => !Object.hasOwn(table, key));
    assert.deepEqual(missing(specified.file, fileTable), []);
    assert.deepEqual(missing(specified.service, serviceTable), []);
    assert.deepEqual(missing(specified.deploy, deployTable), []);
  });

  it("ignores no key that is not supported, and says what to write instead", async () => {
    for (const [key, rule] of Object.entries(serviceTable)) {
      if (!("refused" in rule)) continue;
      const said = await refusedFields(`services: { web: { ${command}, ${key}: x } }`);
      assert.ok(said.includes(`compose.yaml.services.web.${key}: not supported: ${rule.refused}`), said);
    }
    assert.match(
      await refusedFields(`services: { web: { ${command}, comand: x } }`),
      /did you mean 'command'/,
    );
    assert.match(await refusedFields(`services: { web: { ${command}, x-vcd: {} } }`), /did you mean 'x-vdc'/);
    assert.match(
      await refusedFields(`services: { web: { ${command}, x-vdc: { artefact: . } } }`),
      /did you mean 'artifact'/,
    );
    assert.match(
      await refusedFields(`networks: {}\nservices: { web: { ${command} } }`),
      /networks: not supported/,
    );
  });

  it("names everything that is wrong at once", async () => {
    const said = await refusedFields(
      `services: { web: { build: ., user: root, ports: ["1-9"] }, db: { image: postgres:18, privileged: true } }`,
    );
    for (const part of ["web.build", "web.user", "web.ports[0]", "db.privileged", "web: it needs a command"])
      assert.ok(said.includes(part), `${part} in ${said}`);
  });

  it("takes the official images of node and python for a runtime, and any other for an engine with images", async () => {
    const of = async (image: string) => (await component(`image: ${image}\n${command}`)).component;
    assert.deepEqual((await of("node:24-alpine")).runtime, { name: "node", range: ">=24" });
    assert.deepEqual((await of("docker.io/library/python:3.12")).runtime, {
      name: "python",
      range: ">=3.12 <4",
    });
    assert.deepEqual((await of("node")).runtime, { name: "node", range: "*" });
    assert.deepEqual((await of("node:24")).engines, ["process"]);
    const foreign = (await component("image: postgres:18")).component;
    assert.deepEqual([foreign.engines, foreign.image, foreign.command], [["incus"], "postgres:18", []]);
    assert.equal((await of("evil/node:24")).engines[0], "incus");
  });

  it("splits commands as a shell would, without running one", async () => {
    assert.deepEqual(shellWords(`node  "a b" 'c $d' e\\ f ""`), ["node", "a b", "c $d", "e f", ""]);
    assert.equal(shellWords(`node "open`), undefined);
    const { component: web } = await component(
      `entrypoint: node --enable-source-maps\ncommand: server.js --port 1`,
    );
    assert.deepEqual(web.command, ["node", "--enable-source-maps", "server.js", "--port", "1"]);
  });

  it("puts variables of .env in, never of the builder's environment, and leaves settings for the instance", async () => {
    const text = `${command}
environment:
  A: \${NAME}-$NAME-\${NONE:-\${NAME:-x}}-\${EMPTY:-e}-\${EMPTY-k}-\${NAME:+set}
  B: \${settings.title} costs 5$$
  C: "yes"`;
    const { component: web } = await component(text, "", { ".env": "NAME=value # comment\nexport EMPTY=\n" });
    assert.deepEqual(web.environment, {
      A: "value-value-value-e--set",
      B: "${settings.title} costs 5$",
      C: "yes",
    });
    const said = await refusedFields("services: { web: { command: [a, '$HOME', '${X:?say it}', '$-'] } }");
    assert.match(said, /HOME is not set/);
    assert.match(said, /say it/);
    assert.match(said, /'\$\$' is a dollar/);
  });

  it("reads environment files, and later ones and the environment win", async () => {
    const files = { "a.env": `A=1\nB='x $y'\nC="line\\nend"`, "b.env": "A=2" };
    const text = `${command}\nenv_file: [a.env, b.env, { path: none.env, required: false }]\nenvironment: [B=last]`;
    const { component: web } = await component(text, "", files);
    assert.deepEqual(web.environment, { A: "2", B: "last", C: "line\nend" });
    assert.match(await refusedFields(`services: { web: { ${command}, env_file: ../x } }`), /leads out/);
    assert.match(
      await refusedFields(`services: { web: { ${command}, environment: [HOME] } }`),
      /builder's environment/,
    );
  });

  it("turns limits, health, restart and stop words into those of the engine", async () => {
    const { component: web } = await component(
      `${command}
expose: [3000]
mem_limit: 512m
ulimits: { nofile: { soft: 10, hard: 20 } }
restart: unless-stopped
stop_signal: INT
stop_grace_period: 1m30s
depends_on: { db: { condition: service_healthy } }
deploy: { replicas: 3, resources: { limits: { cpus: "1.5", pids: 64 } } }
healthcheck: { test: curl -f localhost, interval: 10s, timeout: 500ms, retries: 2, start_period: 20s }`,
      "  db: { command: [node, db.js] }",
    );
    assert.deepEqual(web.limits, {
      memoryBytes: 512 * 1024 ** 2,
      cpuMillicores: 1500,
      processes: 64,
      openFiles: 20,
    });
    assert.deepEqual(
      [web.restart, web.stopSignal, web.stopGraceSeconds, web.replicas],
      ["always", "SIGINT", 90, 3],
    );
    assert.deepEqual(web.dependsOn, [{ component: "db", until: "ready" }]);
    const probe = {
      command: ["/bin/sh", "-c", "curl -f localhost"],
      intervalSeconds: 10,
      timeoutSeconds: 0.5,
      failures: 2,
      startSeconds: 20,
    };
    assert.deepEqual(web.health, {
      startup: { ...probe, intervalSeconds: 1 },
      readiness: probe,
      liveness: probe,
    });
  });

  it("lets x-vdc say what makes a service ready, and keeps the health check for liveness", async () => {
    const { component: web } = await component(
      `${command}\nhealthcheck: { test: [CMD, "true"] }\nx-vdc: { artifact: ./app/, runtime: node >=22, port: 0, listens: true, readiness: { http: /healthz } }`,
    );
    assert.deepEqual(web.health.readiness?.http, { path: "/healthz" });
    assert.deepEqual(web.health.liveness?.command, ["true"]);
    assert.deepEqual([web.runtime, web.port, web.listens], [{ name: "node", range: ">=22" }, 0, true]);
  });

  it("moves a bind of the package's folder to /app, and refuses what would still look for it elsewhere", async () => {
    const binds = `volumes: [".:/usr/src/app", "./conf:/usr/src/app/config:ro", data:/data, /cache]\nworking_dir: /usr/src/app/server`;
    const { component: web, layer } = await component(`${command}\n${binds}`, "volumes: { data: }");
    assert.equal(web.workingDirectory, "/app/server");
    assert.deepEqual(layer, [
      { from: "", to: "" },
      { from: "conf", to: "config" },
    ]);
    assert.deepEqual(web.volumes, [
      { name: "data", path: "/data", readOnly: false },
      { name: "web-cache", path: "/cache", readOnly: false },
    ]);
    const said = await refusedFields(
      `services: { web: { command: [node, /srv/x.js], environment: { P: "/srv/y" }, volumes: [".:/srv:ro", "./b:/elsewhere"] } }`,
    );
    for (const part of [
      "web.command: it names /srv",
      "web.environment.P: it names /srv",
      "volumes[1]: files of the package are seen below /srv",
    ])
      assert.ok(said.includes(part), said);
  });

  it("refuses binds of the host, unknown volumes and mounts out of the folder", async () => {
    const said = await refusedFields(
      `services: { web: { ${command}, volumes: [/etc:/etc, "../x:/x", "~/y:/y", "nowhere:/z", { type: bind, source: /, target: /host }] } }`,
    );
    assert.equal(said.split("\n").length, 5, said);
    assert.match(said, /nothing of the host is packed/);
    assert.match(said, /'nowhere' is not in the volumes/);
  });

  it("makes secrets a matter of settings and configurations files of the layer", async () => {
    const { secretFiles, layer } = await component(
      `${command}\nsecrets: [db_password]\nconfigs: [{ source: conf, target: /app/conf.json }]`,
      `secrets: { db_password: { file: ./password.txt } }\nconfigs: { conf: { content: "{}" } }`,
    );
    assert.deepEqual(secretFiles, ["db_password"]);
    assert.deepEqual(layer, [{ text: "{}", to: "conf.json" }]);
  });

  it("has one port for each service, and never opens one of the machine", async () => {
    const { notes, components } = await read(
      `services: { web: { ${command}, ports: ["127.0.0.1:8080:3000/tcp", { target: 3000, published: 80 }] } }`,
    );
    assert.deepEqual(
      [components[0]?.component.port, components[0]?.component.listens, notes.length],
      [3000, true, 2],
    );
    assert.match(
      await refusedFields(`services: { web: { ${command}, ports: ["1", "2"] } }`),
      /one port here/,
    );
    assert.match(await refusedFields(`services: { web: { ${command}, ports: ["53/udp"] } }`), /TCP only/);
  });

  it("is refused when it is a bomb, has a key twice or is no mapping", async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n`;
    await assert.rejects(read(bomb), /too many aliases/);
    await assert.rejects(read("services: {}\nservices: {}\n"), /cannot be read as YAML/);
    await assert.rejects(read(`x: ${"[".repeat(1000)}`), /nested deeper/);
    await assert.rejects(read("- a\n"), /has to be a mapping/);
    await assert.rejects(read("a: !!js/function x\n"), /cannot be read as YAML|unresolved/i);
    await assert.rejects(read("x".repeat(2_000_000)), /larger than/);
    assert.match(await refusedFields("services: {}"), /at least one service/);
  });

  it("understands anchors and merge keys, and lets other tools' extensions be", async () => {
    const { components } = await read(
      `x-common: &common { ${command}, restart: "no" }\nservices: { web: { <<: *common, x-other: 1 } }`,
    );
    const web = components[0]?.component;
    assert.deepEqual([web?.restart, web?.command], ["no", ["node", "server.js"]]);
  });
});
