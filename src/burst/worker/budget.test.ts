import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Budget, type Loan } from "./budget.ts";

const never = new AbortController().signal;

/** What a loan has come to. */
function watched(loan: Promise<Loan>): { got: Loan | undefined } {
  const state: { got: Loan | undefined } = { got: undefined };
  loan.then(
    (got) => (state.got = got),
    () => undefined,
  );
  return state;
}
const turn = async () => await new Promise((resolve) => setImmediate(resolve));

describe("a budget", () => {
  it("serves who came first, and lets a loan shrink to what is still needed", async () => {
    const budget = new Budget(10);
    const first = await budget.borrow(8, never);
    const [large, small] = [watched(budget.borrow(6, never)), watched(budget.borrow(1, never))];
    await turn();
    assert.deepEqual([large.got, small.got], [undefined, undefined], "nobody overtakes");
    first.shrink(9);
    await turn();
    assert.equal(large.got, undefined, "a loan does not grow");
    first.shrink(3);
    await turn();
    assert.ok(large.got !== undefined && small.got !== undefined);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    const rest = watched(budget.borrow(3, never));
    const more = watched(budget.borrow(1, never));
    await turn();
    assert.ok(rest.got !== undefined, "what was kept came back");
    assert.equal(more.got, undefined, "and once only");
  });

  it("gives all of it to one who wants more, alone", async () => {
    const budget = new Budget(10);
    const all = await budget.borrow(1_000, never);
    const other = watched(budget.borrow(1, never));
    await turn();
    assert.equal(other.got, undefined);
    all[Symbol.dispose]();
    await turn();
    assert.ok(other.got !== undefined);
  });

  it("forgets who gave up waiting", async () => {
    const budget = new Budget(1);
    const held = await budget.borrow(1, never);
    const stop = new AbortController();
    const waiting = budget.borrow(1, stop.signal);
    const next = watched(budget.borrow(1, never));
    stop.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    held[Symbol.dispose]();
    await turn();
    assert.ok(next.got !== undefined);
  });
});
