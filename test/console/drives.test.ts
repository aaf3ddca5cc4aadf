import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { projectKind } from "#api/kinds/project.ts";
import { TemporaryFolder, vdc } from "#test/e2e/support/center.ts";
import { pageFindings, newPage, startBrowser, withoutChromium } from "#test/support/browser.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

const startMs = 120_000;
/** From a fault to its words on a page, on a machine that is busy with other tests. */
const noticeMs = 30_000;
/** An incident is over only when its signals have stayed away for a while. */
const clearMs = 60_000;

describe("the console's drives and incidents", { skip: withoutChromium }, () => {
  let center: RealDataCenter;
  let browser: Browser;
  let folder: TemporaryFolder;
  let sink: Server;
  const received: string[] = [];

  before(async () => {
    folder = new TemporaryFolder();
    center = await startRealDataCenter();
    await center.ready(startMs);
    browser = await startBrowser();
    sink = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        received.push(body);
        response.writeHead(202).end("thank you");
      });
    }).listen(0, "127.0.0.1");
    await once(sink, "listening");
    const picture = join(folder.path, "picture.bin");
    writeFileSync(picture, randomBytes(400_000));
    for (const words of [
      ["bucket", "create", "pictures"],
      ["object", "put", picture, "pictures"],
    ]) {
      const ran = await vdc([...words, "--data", center.directory]);
      assert.equal(ran.status, 0, ran.stderr);
    }
    const { client } = center;
    for (const [name, owner] of [
      ["ada", true],
      ["vera", false],
    ] as const)
      await client.call(client.routes["user.create"], { body: { name, title: "", owner } });
    const members = [{ user: "vera", role: "viewer" }];
    await client.patch(projectKind, { name: "default" }, { spec: { members } });
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
    sink?.closeAllConnections();
    sink?.close();
    folder?.[Symbol.dispose]();
  });

  async function signedIn(user: string, options: Parameters<typeof newPage>[2] = {}) {
    const { secret } = await center.client.call(center.client.routes["user.link"], { params: { user } });
    const made = await newPage(browser, center.url, { reducedMotion: "reduce", ...options });
    const answer = await made.page.request.post("/v1/auth/link", {
      data: { secret },
      headers: { origin: center.url },
    });
    assert.equal(answer.status(), 200);
    return made;
  }

  it("somebody subscribes by webhook, and a test shows what the other side said", async () => {
    const { page, complaints } = await signedIn("ada");
    await page.goto("/incidents/subscriptions");
    await page.getByRole("button", { name: "Subscribe" }).first().click();
    const form = page.getByRole("dialog", { name: "Subscribe" });
    await form.getByLabel("Name").fill("pager");
    await form.getByLabel("How").selectOption("webhook");
    await form.getByLabel("URL").fill(`http://127.0.0.1:${(sink.address() as AddressInfo).port}/`); // it listens at a port
    await form.getByRole("button", { name: "Subscribe" }).click();
    await page.getByText("Active", { exact: true }).waitFor({ timeout: noticeMs });
    await page.getByRole("button", { name: "Test pager" }).click();
    const dialog = page.getByRole("dialog", { name: "Test pager" });
    await dialog.getByRole("button", { name: "Send" }).click();
    await dialog.getByText("The other side took it").waitFor({ timeout: noticeMs });
    assert.equal(received.length, 1);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a drill is seen on its drive, told to those whose data lies there, and the all-clear follows", async () => {
    const { page, complaints } = await signedIn("ada");
    await page.goto("/drives");
    const drive = page.getByRole("article", { name: /^drive-3/ });
    await drive.getByRole("button", { name: "Fail this drive…" }).click();
    const dialog = page.getByRole("dialog", { name: "Fail drive-3 for a while?" });
    await dialog.getByLabel("Fault").selectOption("missing");
    await dialog.getByLabel("Ends after").selectOption("300");
    await dialog.getByRole("button", { name: "Start drill" }).click();
    await drive.getByText(/^Ends by itself in/).waitFor();
    await drive.getByText("Missing", { exact: true }).first().waitFor({ timeout: noticeMs });
    await page.getByRole("link", { name: "A storage drive is out" }).click({ timeout: noticeMs });
    const incident = page.getByRole("article", { name: /A storage drive is out/ });
    await incident.getByText("default (pictures)").waitFor({ timeout: noticeMs });
    const messages = incident.getByRole("table", { name: /^Messages about/ });
    await messages.getByText("taken", { exact: true }).waitFor({ timeout: noticeMs });
    await waitFor(() => received.some((body) => body.includes("pictures")) || undefined, {
      withinMs: noticeMs,
      what: "the webhook is told of the bucket",
    });
    await page.goto("/drives");
    await drive.getByRole("button", { name: "End drill" }).click();
    await drive.getByText("Well", { exact: true }).waitFor({ timeout: noticeMs });
    await page.goto("/incidents");
    await page.getByText("Nothing is impaired").waitFor({ timeout: clearMs });
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("an incident is posted by hand, updated and resolved", async () => {
    const { page, complaints } = await signedIn("ada");
    await page.goto("/incidents");
    await page.getByRole("button", { name: "Post incident" }).click();
    const form = page.getByRole("dialog", { name: "Post incident" });
    await form.getByLabel("Title").fill("Maintenance at 22:00");
    await form.getByLabel("What to say").fill("A disk is exchanged.");
    await form.getByRole("button", { name: "Post" }).click();
    const incident = page.getByRole("article", { name: /Maintenance at 22:00/ });
    await incident.getByRole("button", { name: "Update or resolve…" }).click();
    const update = page.getByRole("dialog", { name: "Update or resolve" });
    await update.getByLabel("Where it stands").selectOption("resolved");
    await update.getByLabel("What to say").fill("It is done.");
    await update.getByRole("button", { name: "Say it" }).click();
    await page.getByText("Nothing is impaired").waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("those who are no owners see how much could still fail, and no directory of the machine", async () => {
    const { page, complaints } = await signedIn("vera");
    await page.goto("/drives");
    await page.getByText("1 more drive may be lost").waitFor();
    assert.equal(await page.getByRole("heading", { name: "Drive map" }).count(), 0);
    assert.equal(await page.getByText(center.directory).count(), 0);
    assert.equal(await page.getByRole("button", { name: /Add drive|Start work|Fail this drive/ }).count(), 0);
    await page.goto("/incidents");
    await page.getByText("A storage drive is out").waitFor();
    assert.equal(await page.getByRole("button", { name: "Post incident" }).count(), 0);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  for (const width of [1280, 390])
    it(`axe finds nothing in drives, incidents and the status page, in both themes at ${width} px`, async () => {
      const { page, complaints } = await signedIn("ada", { viewport: { width, height: 844 } });
      const { url } = await center.client.call(center.client.routes["status.page"]);
      const findings: string[] = [];
      for (const { path, ready } of pages(url)) {
        await page.goto(path);
        await ready(page);
        for (const finding of await pageFindings(page)) findings.push(`${path}: ${finding}`);
      }
      assert.deepEqual(findings, []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });
});

const pages = (
  status: string,
): readonly { readonly path: string; readonly ready: (page: Page) => Promise<void> }[] => [
  { path: "/drives", ready: (page) => page.getByRole("article", { name: /^drive-1/ }).waitFor() },
  {
    path: "/incidents",
    ready: async (page) => {
      await page.getByRole("button", { name: /A storage drive is out/ }).click();
      await page.getByText("What was said").waitFor();
    },
  },
  {
    path: "/incidents/subscriptions?project=default",
    ready: (page) => page.getByRole("heading", { name: "Status page of default" }).waitFor(),
  },
  { path: status, ready: (page) => page.getByRole("heading", { name: "Earlier" }).waitFor() },
];
