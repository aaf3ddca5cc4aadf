import assert from "node:assert/strict";
import { test } from "node:test";
import { background } from "./background.ts";
import { silentLog, type Fields, type Log } from "./log.ts";

/** Keeps what is logged as an error. */
function noting(): { readonly log: Log; readonly errors: (Fields & { readonly event: string })[] } {
  const errors: (Fields & { readonly event: string })[] = [];
  return { errors, log: { ...silentLog, error: (event, fields) => errors.push({ event, ...fields }) } };
}

test("a background task that fails is logged under its name and troubles nobody else", async () => {
  const { log, errors } = noting();
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  const failure = new Error("disk full");
  background(Promise.reject(failure), "album.thumbnails", log);
  // Unhandled rejections are told of after the microtasks, before the next turn of the loop.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  assert.deepEqual(errors, [{ event: "background.task.failed", task: "album.thumbnails", error: failure }]);
  assert.deepEqual(unhandled, []);
});

test("a background task that ends well leaves no line", async () => {
  const { log, errors } = noting();
  background(Promise.resolve("fine"), "album.thumbnails", log);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(errors, []);
});
