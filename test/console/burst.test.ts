import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { decimalOfAmount } from "#api/money.ts";
import { projectKind } from "#api/kinds/project.ts";
import {
  pageFindings,
  consoleDirectory,
  newPage,
  signIn,
  startBrowser,
  withoutChromium,
} from "#test/support/browser.ts";
import {
  admitTestPackage,
  connectHandWorker,
  orderBurst,
  pictureGraph,
  putGraph,
  type HandWorker,
} from "#test/support/burst-console.ts";
import { startDataCenter, type TestDataCenter, type TestUser } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

const project = "photos";
const withinMs = 20_000;
/** A folder for pictures of the pages, for people who look; none are taken without it. */
const pictures = process.env["VDC_TEST_PICTURES"];

describe("the console's burst", { skip: withoutChromium }, () => {
  let center: TestDataCenter;
  let browser: Browser;
  let ada: TestUser;
  let vera: TestUser;
  let packageHash = "";
  let salt = 0;
  const workers: HandWorker[] = [];

  before(async () => {
    center = await startDataCenter({ consoleDirectory: await consoleDirectory() });
    browser = await startBrowser();
    await center.local.apply(projectKind, { name: project, spec: { title: "Photos" } });
    ada = await center.user("ada", { owner: true });
    vera = await center.user("vera", { projects: { [project]: "viewer" } });
    packageHash = await admitTestPackage(center.local, project);
    await ada.client.call(ada.client.routes["budget.set"], {
      params: { project },
      body: { amount: (5n * 10n ** 12n).toString() },
    });
  });
  after(async () => {
    for (const worker of workers) worker[Symbol.dispose]();
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  async function signedIn(user: TestUser, options: Parameters<typeof newPage>[2] = {}) {
    const made = await newPage(browser, center.url, { reducedMotion: "reduce", ...options });
    await signIn(made.page, user);
    return made;
  }

  async function joined(name: string, hello: { slots: number; speed: number; kind?: "threads" | "browser" }) {
    const worker = await connectHandWorker(center, ada.token, { name, ...hello });
    workers.push(worker);
    return worker;
  }

  async function ordered(title: string, columns: number, rows: number, bound?: string) {
    salt += 1;
    const graph = await putGraph(ada.client, project, pictureGraph(packageHash, columns, rows, salt));
    return await orderBurst(ada.client, { project, title, graph, ...(bound === undefined ? {} : { bound }) });
  }

  /** Has workers give results until the job is in this state. */
  async function workUntil(job: string, state: string, hands: readonly HandWorker[]) {
    const { client } = ada;
    await waitFor(
      async () => {
        for (const hand of hands) hand.answer(64);
        const now = await client.call(client.routes["job.get"], { params: { project, job } });
        return now.state === state || undefined;
      },
      { withinMs, what: `the job is ${state}` },
    );
  }

  it("without a worker the cluster says how one comes, and the command to join is made with its token", async () => {
    const { page, complaints } = await signedIn(ada);
    await page.goto("/burst");
    await page.getByText("Nobody works here yet").waitFor();
    await page.getByRole("button", { name: "Add a machine" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Add a machine" });
    await dialog.getByRole("button", { name: "Make a token" }).click();
    const command = page.getByText(`vdc join ${center.url} --token-file join-token --project ${project}`);
    await command.waitFor();
    await page.getByText(/^vdct_/).waitFor();
    await page.getByRole("button", { name: "I have it" }).click();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("workers appear by themselves as one core, whose definition is a click away, and an owner drains one", async () => {
    const { page, complaints } = await signedIn(ada);
    await page.goto("/burst");
    await page.getByText("Nobody works here yet").waitFor();
    await joined("north", { slots: 8, speed: 1.1, kind: "threads" });
    await page.getByText("26.4 GHz", { exact: true }).first().waitFor();
    await joined("south", { slots: 4, speed: 0.8 });
    await page.getByText("36 GHz", { exact: true }).waitFor();
    const gone = await joined("tab", { slots: 2, speed: 0.5, kind: "browser" });
    await page.getByRole("button", { name: "What this figure means" }).click();
    await page.getByText("north: 8 × 1.10 × 3 GHz = 26.4 GHz").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Actions for tab" }).click();
    await page.getByRole("menuitem", { name: "Drain…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await page.getByRole("article", { name: "tab" }).getByText("Draining", { exact: true }).waitFor();
    gone[Symbol.dispose]();
    await page.getByRole("article", { name: "tab" }).waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a job is followed task by task, then shows its invoice and results, and is refunded", async () => {
    const job = await ordered("Lake at evening", 6, 4);
    const [north, south] = [workers[0]!, workers[1]!]; // joined by the test before
    const { page, complaints } = await signedIn(ada);
    await page.goto("/burst/jobs");
    await page.getByRole("link", { name: "Lake at evening" }).click();
    await waitFor(() => north.held().length + south.held().length >= 3 || undefined, {
      withinMs,
      what: "the alignment runs",
    });
    for (const hand of [north, south]) hand.answer(64);
    const map = page.getByRole("slider", { name: "Tasks of fuse" });
    await map.waitFor();
    await waitFor(() => north.held().length >= 8 || undefined, { withinMs, what: "tiles run" });
    north.answer(3);
    await page
      .getByText(/^[3-9] of 24$/)
      .first()
      .waitFor();
    await map.focus();
    await map.press("Home");
    await waitFor(async () => (await map.getAttribute("aria-valuetext"))?.startsWith("Task 3") || undefined, {
      withinMs,
      what: "the first tile is told of",
    });
    await page.getByRole("button", { name: "By worker" }).click();
    await page.getByRole("list", { name: "Colours mean" }).getByText("south", { exact: true }).waitFor();
    assert.match(
      (await page.getByRole("img", { name: /tasks on 2 workers/ }).getAttribute("aria-label")) ?? "",
      /north/,
    );
    await picture(page, "job-running");
    await workUntil(job.id, "succeeded", [north, south]);
    await page.getByText("Succeeded", { exact: true }).waitFor();
    await page.getByRole("table", { name: "Invoice" }).getByText("24 tasks, 12 core-minutes").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download merged.tiff" }).click();
    assert.equal((await download).suggestedFilename(), "merged.tiff");
    await page.getByRole("button", { name: "Refund…" }).click();
    const refund = page.getByRole("dialog", { name: "Refund Lake at evening" });
    await refund.getByLabel("Why").fill("A tile was dark.");
    await refund.getByRole("button", { name: "Give back" }).click();
    await page.getByRole("table", { name: "Invoice" }).getByText("Refunded").waitFor();
    await picture(page, "job-ended");
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a job that reached its bound waits in words, and goes on when the bound is raised", async () => {
    const { client } = ada;
    const price = BigInt(
      (await client.call(client.routes["offer.list"], { params: { project } })).items[0]!.burst.price,
    );
    const job = await ordered("Too dear", 6, 4, (price / 3n).toString());
    const { page, complaints } = await signedIn(ada);
    await page.goto(`/burst/jobs/${project}/${job.id}`);
    const hands = workers.slice(0, 2);
    await workUntil(job.id, "paused", hands);
    await page.getByText("Paused", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Why it waits" }).waitFor();
    await page.getByRole("button", { name: "Raise the bound…" }).click();
    const dialog = page.getByRole("dialog", { name: "Raise the bound" });
    await dialog.getByLabel(/^Never more than/).fill("0");
    await dialog.getByRole("button", { name: "Accept" }).click();
    await dialog.getByText(/higher than the present bound/).waitFor();
    await dialog.getByLabel(/^Never more than/).fill(decimalOfAmount(price));
    await dialog.getByRole("button", { name: "Accept" }).click();
    await picture(page, "raise");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.getByRole("button", { name: "Cancel job…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel job" }).click();
    await page.getByText("Cancelled", { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a poison task ends its job with the words of its kernel", async () => {
    const job = await ordered("Poisoned", 2, 2);
    const words = "the frames have nothing in common: 3 features match, 12 are needed";
    const { page, complaints } = await signedIn(ada);
    await page.goto(`/burst/jobs/${project}/${job.id}`);
    const { client } = ada;
    await waitFor(
      async () => {
        for (const hand of workers.slice(0, 2))
          for (const lease of hand.held().slice()) hand.fail(lease, words);
        const now = await client.call(client.routes["job.get"], { params: { project, job: job.id } });
        return now.state === "failed" || undefined;
      },
      { withinMs, what: "the job failed" },
    );
    await page.getByRole("region", { name: "Why it failed" }).getByText(words).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a project's money: the receipt of an offer, every transfer, the budget, and records to take along", async () => {
    const { page, complaints } = await signedIn(ada);
    await page.goto(`/projects/${project}/burst`);
    await page.getByRole("button", { name: "Lake at evening" }).click();
    const drawer = page.getByRole("dialog", { name: "Lake at evening" });
    await drawer.getByRole("table", { name: "What it is made of" }).getByText("Never more than").waitFor();
    await picture(page, "offer");
    await page.keyboard.press("Escape");
    await page.getByRole("table", { name: "Transfers" }).getByText("Refunded").waitFor();
    await page.getByRole("button", { name: "Set budget…" }).click();
    const dialog = page.getByRole("dialog", { name: `Budget of ${project}` });
    await dialog.getByLabel("Tell at").fill("everything");
    await dialog.getByRole("button", { name: "Set budget" }).click();
    await dialog.getByText(/up to ten percents/).waitFor();
    await dialog.getByLabel("Tell at").fill("75 25");
    await dialog.getByLabel(/^For a month/).fill("12.50");
    await dialog.getByRole("button", { name: "Set budget" }).click();
    await page.getByText("events at 25 %, 75 %").waitFor();
    await page.getByText("12.50 USD", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Export" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: "FOCUS, as CSV" }).click();
    assert.match((await download).suggestedFilename(), /^photos-\d{4}-\d{2}\.csv$/);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a plan is made with the price of an hour in sight, changed, and deleted by its name", async () => {
    const { page, complaints } = await signedIn(ada);
    await page.goto("/burst/plans");
    await page.getByRole("button", { name: "Create plan" }).click();
    const dialog = page.getByRole("dialog", { name: "Create plan" });
    await dialog.getByLabel("Name").fill("studio");
    await dialog.getByLabel("A core for a second").fill("0.0000131");
    await dialog.getByText("One core for an hour costs 0.04716 USD").waitFor();
    await dialog.getByRole("button", { name: "Create plan" }).click();
    await dialog
      .getByText(/a decimal such as/)
      .first()
      .waitFor();
    await dialog.getByLabel("A GiB for a second").fill("0.00000222");
    await dialog.getByRole("button", { name: "Create plan" }).click();
    await page.getByRole("article", { name: "studio" }).waitFor();
    await page.getByRole("button", { name: "Edit studio" }).click();
    await page.getByRole("dialog").getByLabel("Title").fill("Studio of four");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("article", { name: "Studio of four" }).waitFor();
    await page.getByRole("button", { name: "Delete studio" }).click();
    await page.getByLabel("Type studio to confirm").fill("studio");
    await page.getByRole("button", { name: "Delete plan" }).click();
    await page.getByRole("article", { name: "Studio of four" }).waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a viewer sees all of it and changes nothing", async () => {
    const { page, complaints } = await signedIn(vera);
    const forbidden = /Add a machine|Actions for|Cancel|Pause|Refund|Set budget|Create plan|Edit|Download/;
    for (const { path, ready } of pages) {
      await page.goto(path);
      await ready(page);
      assert.equal(await page.getByRole("button", { name: forbidden }).count(), 0, path);
    }
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  for (const width of [1280, 390])
    it(`axe finds nothing in burst's pages, in both themes at ${width} px`, async () => {
      const { page, complaints } = await signedIn(ada, { viewport: { width, height: 844 } });
      const job = await ordered(`Running ${width}`, 5, 3);
      for (const hand of workers.slice(0, 2)) hand.answer(64);
      const findings: string[] = [];
      const all = [
        ...pages,
        {
          path: `/burst/jobs/${project}/${job.id}`,
          ready: async (shown: Page) => {
            await waitFor(() => workers[0]!.held().length > 0 || undefined, { withinMs, what: "it runs" });
            await shown.getByRole("slider", { name: "Tasks of fuse" }).waitFor();
          },
        },
      ];
      for (const { path, ready } of all) {
        await page.goto(path);
        await ready(page);
        for (const finding of await pageFindings(page)) findings.push(`${path}: ${finding}`);
        await picture(page, `${path.replaceAll("/", "-")}-${width}`);
      }
      assert.deepEqual(findings, []);
      assert.deepEqual(complaints, []);
      await ada.client.call(ada.client.routes["job.cancel"], { params: { project, job: job.id } });
      await page.context().close();
    });
});

const pages: readonly { readonly path: string; readonly ready: (page: Page) => Promise<void> }[] = [
  { path: "/burst", ready: (page) => page.getByRole("article", { name: "north" }).waitFor() },
  { path: "/burst/jobs", ready: (page) => page.getByRole("link", { name: "Poisoned" }).waitFor() },
  { path: "/burst/plans", ready: (page) => page.getByRole("article", { name: "Sample" }).waitFor() },
  {
    path: `/projects/${project}/burst`,
    ready: async (page) => {
      await page.getByRole("table", { name: "Transfers" }).waitFor();
      await page.getByRole("meter", { name: "Budget used" }).waitFor();
    },
  },
  { path: "/", ready: (page) => page.getByRole("heading", { name: "Burst" }).waitFor() },
];

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}
