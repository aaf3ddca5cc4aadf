import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Writable } from "node:stream";
import { createLog, type Log } from "./log.ts";

function capture(): { readonly log: Log; readonly lines: () => readonly Record<string, unknown>[] } {
  const texts: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      texts.push(chunk.toString());
      done();
    },
  });
  return {
    log: createLog({ part: "test", destination }),
    lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>), // written by ourselves
  };
}

describe("the log", () => {
  test("writes one event a line, with its name, level and part", () => {
    const { log, lines } = capture();
    log.info("store.open.done", { revision: 7 });
    const [line] = lines();
    assert.deepEqual(
      { ...line, time: "" },
      { level: "info", time: "", part: "test", revision: 7, msg: "store.open.done" },
    );
  });

  test("never writes the value of a key that names a secret, however deep it lies", () => {
    const { log, lines } = capture();
    log.child({ Authorization: "hush" }).warn("x.y.z", {
      password: "hush",
      headers: { cookie: "hush", list: [{ token: "hush" }] },
      a: { b: { c: { d: { anything: "hush" } } } },
    });
    assert.ok(!JSON.stringify(lines()).includes("hush"));
  });

  test("writes the whole chain of an error's causes", () => {
    const { log, lines } = capture();
    log.error("x.y.failed", { error: new Error("outer", { cause: new Error("inner") }) });
    const chain = lines()[0]?.["error"];
    assert.match(JSON.stringify(chain), /"message":"outer".*"message":"inner"/);
  });

  test("leaves out what is below its level", () => {
    const { log, lines } = capture();
    log.debug("x.y.z");
    assert.deepEqual(lines(), []);
  });
});
