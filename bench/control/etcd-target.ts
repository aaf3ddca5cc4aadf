import { openConnection } from "#bench/support/http.ts";
import type { Etcd } from "#bench/support/etcd.ts";
import { description, type Target } from "./target.ts";
import { countMarks } from "./vdc-target.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** etcd through its own JSON gateway (`/v3/kv/*`), so that both are asked in HTTP/1.1 and JSON by the same client. */
export function etcdTarget(etcd: Etcd): Target {
  return {
    name: "etcd",
    pids: () => [etcd.pid],
    connect: () => openConnection(etcd.url),
    put: async (connection, key, counter) => {
      const value = base64(
        JSON.stringify({ labels: { bench: "yes" }, spec: { description: description(counter) } }),
      );
      const answer = await connection.send(
        "POST",
        "/v3/kv/put",
        JSON.stringify({ key: base64(`/projects/${key}`), value }),
      );
      if (answer.status !== 200) throw new Error(`put answered ${answer.status}: ${answer.text}`);
    },
    listAll: async (connection) => {
      let count = 0;
      for (let from: string | undefined = base64("/projects/"); from !== undefined;) {
        const range = { key: from, range_end: base64("/projects0"), limit: 500 };
        const answer = await connection.send("POST", "/v3/kv/range", JSON.stringify(range));
        const page = JSON.parse(answer.text) as { kvs?: readonly { key: string }[]; more?: boolean };
        const last = page.kvs?.at(-1);
        count += page.kvs?.length ?? 0;
        from =
          page.more === true && last !== undefined
            ? base64(`${Buffer.from(last.key, "base64").toString()}\0`)
            : undefined;
      }
      return count;
    },
    watch: (connection, expected) => {
      const create = { create_request: { key: base64("/projects/"), range_end: base64("/projects0") } };
      const opened = connection.open("POST", "/v3/watch", JSON.stringify(create));
      return {
        started: opened.then(() => undefined),
        done: opened.then(async (stream) => countMarks(stream, '"kv":', expected)),
      };
    },
  };
}
