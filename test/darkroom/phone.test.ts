import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { axeFindings, withoutChromium } from "#test/support/browser.ts";
import { chooseOfSample, startDarkroom, type DarkroomWorld } from "#test/support/darkroom.ts";
import { Phone, phoneWindow } from "#test/support/phone.ts";

/** A merge on a phone that lends its core, and is frozen in its midst. */
describe("merging on a phone that works along", { skip: withoutChromium }, () => {
  let world: DarkroomWorld;
  let phone: Phone;
  let merge: string;

  before(async () => {
    world = await startDarkroom(phoneWindow);
    phone = new Phone(world);
    await phone.take(world.page);
    await phone.page
      .getByRole("button", { name: /sample album/ })
      .first()
      .waitFor();
    await phone.shot("1-albums");
    await chooseOfSample(phone.page, /^Bracket\s*5 photos/);
    await phone.shot("2-album");
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
    const ordered = await phone.acceptBoth();
    {
      using _ = await phone.holdCluster();
      const worker = await phone.isWorker("the page did tasks", ({ done }) => done >= 2);
      assert.match(worker.name, /^ada's browser/);
      assert.equal(worker.project, "default");
      await page.getByText(/^This computer: [1-9]/).waitFor();
      await phone.shot("6-running");
    }
    await phone.saved();
    await phone.paidOnce(ordered);
    assert.deepEqual(await axeFindings(page), []);
    await phone.shot("7-done");
    const places = page.getByRole("list", { name: "Who works on it" });
    assert.equal(await places.getByText(/: [1-9]/).count(), 2);
  });

  it("gives its tasks back when it is told that it will be frozen, and shows the result when it is back", async () => {
    await phone.weigh(merge, ["terrace-5.jpg"]);
    const ordered = await phone.acceptBoth();
    {
      using _ = await phone.holdCluster();
      await phone.isWorker("the page works", ({ done, running }) => done > 0 && running > 0);
      // A headless Chromium freezes no pages, so the page hears the event alone.
      await phone.page.evaluate(() => document.dispatchEvent(new Event("freeze")));
      await phone.isNoWorker();
    }
    await phone.paidOnce(ordered);
    await phone.page.evaluate(() => document.dispatchEvent(new Event("resume")));
    await phone.saved();
    await phone.paidOnce(ordered);
  });
});
