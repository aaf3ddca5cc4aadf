import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { axeFindings, withoutChromium } from "#test/support/browser.ts";
import { chooseOfSample, startDarkroom, type DarkroomWorld } from "#test/support/darkroom.ts";
import { patientMs, Phone, phoneWindow } from "#test/support/phone.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** A merge on a phone that lends its core, and what happens to phones: they sleep, freeze, lose their tabs, and have other things to do. */
describe("merging on a phone that works along", { skip: withoutChromium }, () => {
  let world: DarkroomWorld;
  let phone: Phone;
  let album: string;
  let merge: string;
  /** Of the tests of pressure. */
  let job: string;

  before(async () => {
    world = await startDarkroom(phoneWindow);
    phone = new Phone(world);
    // A browser without the Compute Pressure API, when a test says so.
    await phone.page.context().addInitScript(() => {
      if (sessionStorage.getItem("test.without-pressure") !== null)
        Reflect.deleteProperty(globalThis, "PressureObserver");
    });
    await phone.take(world.page);
    await phone.page
      .getByRole("button", { name: /sample album/ })
      .first()
      .waitFor();
    await phone.shot("1-albums");
    await chooseOfSample(phone.page, /^Bracket\s*5 photos/);
    await phone.shot("2-album");
    album = phone.page.url();
    await phone.page.getByRole("button", { name: "Merge to HDR" }).tap();
    await phone.page.getByRole("heading", { level: 1, name: "Merge to HDR" }).waitFor();
    merge = phone.page.url();
  });
  after(async () => await world?.[Symbol.asyncDispose]());

  it("shows the offer, asks before it lends a core, works along, and pays what the offer said", async () => {
    const { page } = phone;
    await phone.weigh(merge);
    await phone.shot("3-preview");
    const ways = page.getByRole("radiogroup", { name: "Where it runs" });
    await ways.getByText("Both together").tap();
    await page.getByText("Borrow cores").tap();
    const accept = page.getByRole("button", { name: /^Accept, for/ });
    assert.ok(await accept.isDisabled(), "nobody works along who was not asked");
    assert.deepEqual(await axeFindings(page), []);
    await phone.shot("4-offer");
    await page.getByLabel(/may lend/).check();
    await accept.scrollIntoViewIfNeeded();
    await phone.shot("5-consent");
    using alone = await phone.acceptAlone();
    const worker = await phone.isWorker("the page did tasks", ({ done }) => done >= 2);
    assert.match(worker.name, /^ada's browser/);
    assert.equal(worker.project, "default");
    await page.getByText(/^This computer: [1-9]/).waitFor();
    await phone.shot("6-running");
    alone.release();
    await phone.saved();
    await phone.paidOnce(alone.job);
    assert.deepEqual(await axeFindings(page), []);
    await phone.shot("7-done");
    await page
      .getByRole("list", { name: "Who works on it" })
      .getByText(/^This computer: [1-9]/)
      .waitFor();
  });

  it("gives its tasks back when it is told that it will be frozen, and shows the result when it is back", async () => {
    using alone = await phone.orderAlone(merge, [0, 1]);
    await phone.isWorker("the page works", ({ done, running }) => done > 0 && running > 0);
    // A headless Chromium does not freeze pages; the next test stops all of it.
    await phone.hears("freeze");
    await phone.isNoWorker();
    assert.equal((await phone.job(alone.job)).finishedAt, undefined);
    alone.release();
    await phone.paidOnce(alone.job);
    await phone.hears("resume");
    await phone.saved();
    await phone.paidOnce(alone.job);
  });

  it("loses nothing when the machine sleeps longer than its leases last, and its late results change nothing", async () => {
    using alone = await phone.orderAlone(merge, [0, 2]);
    await phone.isWorker("the page works", ({ done, running }) => done > 0 && running > 0);
    {
      using _ = await phone.sleep();
      await phone.isNoWorker();
      assert.equal((await phone.job(alone.job)).finishedAt, undefined);
      alone.release();
      await phone.paidOnce(alone.job);
    }
    await phone.saved();
    await phone.paidOnce(alone.job);
    // Content decides names: what this machine alone makes of the same photos is the same photo, which the album has once.
    await phone.page.getByRole("link", { name: "Album" }).tap();
    const results = phone.page.getByRole("button", { name: "terrace-1-HDR.jpg, merged" });
    await waitFor(async () => ((await results.count()) === 3 ? true : undefined), {
      withinMs: patientMs,
      what: "three different results lie in the album",
    });
    await phone.weigh(merge, [0, 2]);
    await phone.page.getByRole("radiogroup").getByText("This computer").tap();
    await phone.page.getByRole("button", { name: "Merge here" }).tap();
    await phone.saved();
    await phone.page.getByRole("link", { name: "Album" }).tap();
    await results.first().waitFor();
    assert.equal(await results.count(), 3);
  });

  it("finds a merge again from its album when its tab was killed, and takes the result in", async () => {
    using alone = await phone.orderAlone(merge, [0, 3]);
    await phone.isWorker("the page works", ({ running }) => running > 0);
    const session = await phone.devTools();
    const context = phone.page.context();
    // It answers nothing, as its tab is gone.
    session.send("Page.crash").catch(() => undefined);
    await phone.isNoWorker();
    await phone.page.close();
    await phone.take(await context.newPage());
    await phone.page.goto(album);
    const merges = phone.page.getByRole("list", { name: "Merges of this album" });
    await merges.getByText(/Goes on in the data center/).waitFor();
    await phone.shot("8-found-again");
    alone.release();
    await phone.page.getByText("Done, and not in the album yet").waitFor({ timeout: patientMs });
    await phone.page.getByRole("link", { name: "Take it in" }).tap();
    await phone.saved();
    await phone.paidOnce(alone.job);
    await phone.page.getByRole("link", { name: "Album" }).tap();
    await phone.page.getByRole("group", { name: "Photos" }).waitFor();
    assert.equal(await phone.page.getByText("Done, and not in the album yet").count(), 0);
  });

  it("keeps in view what is there when it is stopped, says that it is not whole, and makes the rest alone", async () => {
    using alone = await phone.orderAlone(merge, [0, 2, 3, 4]);
    await waitFor(async () => ((await phone.tiles(alone.job)).length > 0 ? true : undefined), {
      withinMs: patientMs,
      what: "some of the picture is there",
    });
    await phone.pause(alone.job);
    alone.release();
    await phone.page.getByText("Paused").waitFor();
    await phone.page.getByRole("button", { name: "Stop", exact: true }).tap();
    await phone.page.getByText("This picture is not whole.").waitFor({ timeout: patientMs });
    await phone.page.getByText(/stopped with [1-9]\d?\s% of it in full/).waitFor();
    await phone.shot("9-stopped");
    const { state, tasks } = await phone.job(alone.job);
    assert.equal(state, "cancelled");
    const came = await phone.tiles(alone.job);
    await phone.page.getByRole("button", { name: "Finish on my computer" }).tap();
    await phone.saved();
    const workers = phone.page.getByRole("list", { name: "Who works on it" });
    const made = /^This computer: (\d+)/.exec(await workers.innerText())?.[1];
    assert.ok(Number(made) <= tasks - came.length, `${made} of ${tasks}, ${came.length} of them were there`);
    await phone.page.getByRole("button", { name: "Done" }).tap();
    await workers.waitFor({ state: "detached" });
  });

  it("gives its tiles to the cluster while late timers say that the machine is busy", async () => {
    const { page } = phone;
    await page.evaluate(() => sessionStorage.setItem("test.without-pressure", "yes"));
    using alone = await phone.orderAlone(merge, [1, 2, 3, 4]);
    ({ job } = alone);
    await phone.isWorker("the page works", ({ done }) => done > 0);
    await phone.pause(job);
    alone.release();
    await page.evaluate(
      () =>
        void setInterval(() => {
          const end = performance.now() + 2_900;
          while (performance.now() < end);
        }, 2_950),
    );
    await phone.isWorker(
      "it is busy, and gave all back",
      ({ pressure, running }) => pressure === "critical" && running === 0,
    );
    const worker = await phone.isWorker("it is there", () => true);
    const { done } = await phone.job(job);
    await phone.resume(job);
    await waitFor(async () => ((await phone.job(job)).done > done + 2 ? true : undefined), {
      withinMs: patientMs,
      what: "the cluster goes on",
    });
    await phone.pause(job);
    assert.equal((await phone.isWorker("it is there", () => true)).done, worker.done);
    await phone.shot("10-busy");
  });

  it("does so when the Compute Pressure API says it, and takes tiles again after half a minute of quiet", async () => {
    const { page } = phone;
    await page.evaluate(() => sessionStorage.removeItem("test.without-pressure"));
    await phone.feels("critical");
    await page.reload();
    await phone.isWorker("it is busy", ({ pressure }) => pressure === "critical");
    await page.getByText(/is busy: its tiles went to the others/).waitFor();
    await phone.feels("nominal");
    await page.getByText(/This computer helps/).waitFor();
    {
      using _ = await phone.holdCluster();
      const earlier = await phone.isWorker("it is there", () => true);
      await phone.resume(job);
      await phone.isWorker("it takes tiles again", ({ done }) => done > earlier.done);
    }
    await phone.saved();
    await phone.paidOnce(job);
    assert.deepEqual(world.complaints, []);
  });
});
