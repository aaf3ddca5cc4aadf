import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { projectKind } from "#api/kinds/project.ts";
import { hostProbe } from "#main/control/host.ts";
import { systemClock } from "#lib/clock.ts";
import {
  pageFindings,
  consoleDirectory,
  newPage,
  openDialog,
  signIn,
  startBrowser,
  withoutChromium,
} from "#test/support/browser.ts";
import { startDataCenter, type TestDataCenter, type TestUser } from "#test/support/data-center.ts";

/** The budget of figure 6: compressed script of the first view. */
const firstViewBytes = 250_000;

/** Every page, and something that is on it when it has loaded. */
const pages: readonly { readonly path: string; readonly ready: (page: Page) => Promise<void> }[] = [
  { path: "/", ready: (page) => page.getByRole("heading", { name: "Live events" }).waitFor() },
  { path: "/projects", ready: (page) => page.getByRole("link", { name: "newsroom" }).waitFor() },
  { path: "/projects/newsroom", ready: (page) => page.getByRole("heading", { name: "Quotas" }).waitFor() },
  {
    path: "/projects/newsroom/members",
    ready: (page) => page.getByRole("cell", { name: "vera", exact: true }).waitFor(),
  },
  { path: "/projects/newsroom/settings", ready: (page) => page.getByLabel("Title").waitFor() },
  { path: "/projects/newsroom/activity", ready: (page) => page.getByText(/newsroom was created/).waitFor() },
  { path: "/projects/newsroom/yaml", ready: (page) => page.getByText("kind:").waitFor() },
  { path: "/machines", ready: (page) => page.getByRole("link", { name: "test-host" }).waitFor() },
  { path: "/machines/test-host", ready: (page) => page.getByRole("table", { name: "Processes" }).waitFor() },
  {
    path: "/events",
    ready: (page) =>
      page
        .getByText(/newsroom was created/)
        .first()
        .waitFor(),
  },
  {
    path: "/operations",
    ready: (page) => page.getByRole("heading", { level: 1, name: "Operations" }).waitFor(),
  },
  { path: "/audit", ready: (page) => page.getByRole("table", { name: "Audit entries" }).waitFor() },
  {
    path: "/users",
    ready: (page) => page.getByRole("cell", { name: "vera", exact: true }).first().waitFor(),
  },
  { path: "/tokens", ready: (page) => page.getByRole("heading", { level: 1, name: "Tokens" }).waitFor() },
  { path: "/account", ready: (page) => page.getByRole("table", { name: "Sessions" }).waitFor() },
  { path: "/nowhere", ready: (page) => page.getByText("There is no page at this address").waitFor() },
];

const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const;

describe("the console's quality", { skip: withoutChromium }, () => {
  let center: TestDataCenter;
  let browser: Browser;
  let owner: TestUser;

  before(async () => {
    const since = new Date(systemClock.now()).toISOString();
    center = await startDataCenter({
      consoleDirectory: await consoleDirectory(),
      host: hostProbe(systemClock),
      supervisor: {
        parts: () =>
          Promise.resolve([
            { name: "control", state: "ready", since, restarts: 0, residentBytes: 1e8 },
            { name: "postgres", state: "restarting", since, restarts: 3, note: "exit 1" },
          ]),
        restart: () => Promise.resolve(),
      },
    });
    browser = await startBrowser();
    owner = await center.user("ada", { owner: true });
    const spec = { title: "Newsroom", description: "The paper", quotas: { instances: 20 } };
    await center.local.apply(projectKind, { name: "newsroom", labels: { team: "web" }, spec });
    await center.user("vera", { projects: { newsroom: "viewer" } });
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  for (const viewport of sizes)
    it(`axe finds nothing and nothing overflows, in both themes at ${viewport.width} px`, async () => {
      const { page, complaints } = await newPage(browser, center.url, {
        viewport,
      });
      const findings: string[] = [];
      const look = async (what: string) => {
        for (const finding of await pageFindings(page)) findings.push(`${what}: ${finding}`);
      };
      await page.goto("/signin");
      await page.getByLabel("Name").waitFor();
      await look("/signin");
      await signIn(page, owner);
      for (const { path, ready } of pages) {
        await page.goto(path);
        await ready(page);
        await look(path);
      }
      await lookAtOverlays(page, look);
      assert.deepEqual(findings, []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });

  it(`the first view needs at most ${firstViewBytes / 1000} kB of compressed script`, async () => {
    const { page } = await newPage(browser, center.url);
    await signIn(page, owner);
    const storageState = await page.context().storageState();
    await page.context().close();
    const fresh = await newPage(browser, center.url, { storageState });
    const sizesOf: Promise<{ url: string; bytes: number; encoding: string | null }>[] = [];
    fresh.page.on("response", (response) => {
      if (!new URL(response.url()).pathname.endsWith(".js")) return;
      sizesOf.push(
        (async () => ({
          url: new URL(response.url()).pathname,
          // What the server sends, whatever the browser's caches make of it.
          bytes: Number((await response.headerValue("content-length")) ?? Number.NaN),
          encoding: await response.headerValue("content-encoding"),
        }))(),
      );
    });
    await fresh.page.goto("/");
    await fresh.page.getByRole("heading", { name: "Live events" }).waitFor();
    await fresh.page.waitForLoadState("load");
    const scripts = await Promise.all(sizesOf);
    const total = scripts.reduce((sum, script) => sum + script.bytes, 0);
    assert.ok(scripts.some((script) => script.encoding === "br"));
    assert.ok(
      total > 100_000 && total <= firstViewBytes,
      `${total} bytes: ${JSON.stringify(scripts, null, 1)}`,
    );
    await fresh.page.context().close();
  });

  it("every request goes to the data center itself", async () => {
    const { page } = await newPage(browser, center.url);
    const elsewhere: string[] = [];
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== center.url) elsewhere.push(request.url());
    });
    await signIn(page, owner);
    await page.goto("/machines/test-host");
    await page.getByRole("table", { name: "Processes" }).waitFor();
    assert.deepEqual(elsewhere, []);
    await page.context().close();
  });
});

async function lookAtOverlays(page: Page, look: (what: string) => Promise<void>): Promise<void> {
  await page.goto("/projects");
  await page.getByRole("button", { name: "Create project" }).first().click();
  await page.getByRole("dialog", { name: "Create project" }).getByLabel("Title").waitFor();
  await look("create project");
  await page.keyboard.press("Escape");
  await openDialog(page).waitFor({ state: "hidden" });
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await look("palette");
  await page.keyboard.press("Escape");
  await openDialog(page).waitFor({ state: "hidden" });
  await page.getByRole("button", { name: /^Operations/ }).click();
  await page.getByRole("dialog", { name: "Operations" }).waitFor();
  await look("operations drawer");
  await page.keyboard.press("Escape");
  await openDialog(page).waitFor({ state: "hidden" });
  await page.getByRole("button", { name: /^Your account/ }).click();
  await page.getByRole("menu").waitFor();
  await look("account menu");
}
