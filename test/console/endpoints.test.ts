import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { newPage, pageFindings, startBrowser, withoutChromium } from "#test/support/browser.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

const startMs = 120_000;
const noticeMs = 60_000;

describe("the console's endpoints of bucket events", { skip: withoutChromium }, () => {
  let center: RealDataCenter;
  let browser: Browser;

  before(async () => {
    center = await startRealDataCenter();
    await center.ready(startMs);
    browser = await startBrowser();
    await center.client.call(center.client.routes["user.create"], {
      body: { name: "ada", title: "", owner: true },
    });
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  const endpoints = async () =>
    (await center.client.call(center.client.routes["object-store.endpoints"], {})).items;

  async function signedIn(width: number, height: number) {
    const { client, url } = center;
    const { secret } = await client.call(client.routes["user.link"], { params: { user: "ada" } });
    const made = await newPage(browser, url, { reducedMotion: "reduce", viewport: { width, height } });
    const headers = { origin: url };
    const answer = await made.page.request.post("/v1/auth/link", { data: { secret }, headers });
    assert.equal(answer.status(), 200);
    return made;
  }

  async function shot(page: Awaited<ReturnType<typeof signedIn>>["page"], name: string) {
    const folder = process.env["CONSOLE_SHOTS"];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  }

  it("are made with a secret that is shown once, told of on a phone too, and removed by their name", async () => {
    const { page, complaints } = await signedIn(1280, 800);
    await page.goto("/drives");
    await page.getByText("Events go nowhere").waitFor({ timeout: noticeMs });
    await shot(page, "endpoints-empty-1280");
    await page.getByRole("button", { name: "Add endpoint" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Thumb Nails");
    await dialog.getByLabel("Address").fill("https://hooks.example.org/in");
    await dialog.getByRole("button", { name: "Add endpoint" }).click();
    await dialog.getByText("use small letters").waitFor({ timeout: noticeMs });
    await dialog.getByLabel("Name").fill("thumbnails");
    await dialog.getByRole("button", { name: "Add endpoint" }).click();
    await dialog.getByText(/^whsec_/).waitFor({ timeout: noticeMs });
    await shot(page, "endpoints-secret-1280");
    const [made] = await endpoints();
    assert.deepEqual(
      [made?.name, made?.url, made?.allowPrivate],
      ["thumbnails", "https://hooks.example.org/in", false],
    );
    assert.ok(await dialog.getByText(made?.arn ?? "?").isVisible(), "the ARN that rules name");
    await dialog.getByRole("button", { name: "I have it" }).click();
    const table = page.getByRole("table", { name: "Event endpoints" });
    await table.getByText("https://hooks.example.org/in").waitFor({ timeout: noticeMs });
    assert.ok(!(await page.content()).includes("whsec_"));
    await shot(page, "endpoints-1280");
    assert.deepEqual(await pageFindings(page), []);

    const small = await signedIn(390, 844);
    await small.page.goto("/drives");
    const shown = small.page.getByText("https://hooks.example.org/in");
    await shown.waitFor({ timeout: noticeMs });
    await shown.scrollIntoViewIfNeeded();
    await shot(small.page, "endpoints-390");
    assert.deepEqual(await pageFindings(small.page), []);

    await page.getByRole("button", { name: "Remove thumbnails" }).click();
    await dialog.getByLabel("Type thumbnails to confirm").fill("thumbnails");
    await dialog.getByRole("button", { name: "Remove it" }).click();
    await page.getByText("Events go nowhere").waitFor({ timeout: noticeMs });
    await waitFor(async () => ((await endpoints()).length === 0 ? true : undefined), {
      withinMs: noticeMs,
      what: "the endpoint is gone",
    });
    assert.deepEqual([...complaints, ...small.complaints], []);
  });
});
