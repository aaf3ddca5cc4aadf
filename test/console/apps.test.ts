import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { appKind } from "#api/kinds/app.ts";
import { projectKind } from "#api/kinds/project.ts";
import { repositoryRoot } from "#main/repository.ts";
import {
  pageFindings,
  consoleDirectory,
  newPage,
  openDialog,
  signIn,
  startBrowser,
  withoutChromium,
} from "#test/support/browser.ts";
import { built } from "#test/support/package-archive.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";

const readyMs = 120_000;
const password = "correct horse battery staple";
const owner = { name: "ada", password };
const app = "/apps/press/paper";

/** An app's whole life by the console alone, in a data center as users run it: processes, gateways and all. */
describe("apps in the console", { skip: withoutChromium }, () => {
  let center: RealDataCenter;
  let browser: Browser;
  let packageFile: string;
  let opened: Awaited<ReturnType<typeof newPage>>;

  before(async () => {
    await consoleDirectory();
    center = await startRealDataCenter(["--no-sample"]);
    const [{ archive }] = await Promise.all([
      built(join(repositoryRoot, "examples/newsroom"), { folderName: "newsroom" }),
      center.ready(readyMs),
    ]);
    packageFile = join(center.directory, "newsroom.tar");
    writeFileSync(packageFile, archive);
    await center.client.apply(projectKind, { name: "press", spec: { title: "Press" } });
    browser = await startBrowser();
    await makeOwner();
    opened = await newPage(browser, center.url);
    await signIn(opened.page, owner);
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  async function makeOwner(): Promise<void> {
    const { client } = center;
    await client.call(client.routes["user.create"], { body: { name: owner.name, owner: true } });
    const link = await client.call(client.routes["user.link"], { params: { user: owner.name } });
    const { page } = await newPage(browser, center.url);
    await page.goto(`/signin#link=${link.secret}`);
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.context().close();
  }

  const state = (page: Page, text: RegExp) =>
    page.getByRole("status", { name: "State of the app" }).getByText(text).waitFor({ timeout: 90_000 });
  const newsroomAddress = async (page: Page) =>
    (await page
      .getByRole("link", { name: /^paper-press\.localhost/ })
      .first()
      .getAttribute("href")) ?? "";

  it("refuses a file that is no package and says why, and takes a good one", async () => {
    const { page } = opened;
    await page.goto("/apps/catalogue?project=press");
    await page.getByText("The catalogue of press is empty").waitFor();
    const choose = page.getByLabel("Package file");
    await choose.setInputFiles({
      name: "holiday.tar",
      mimeType: "application/x-tar",
      buffer: Buffer.from("no tar"),
    });
    await page.getByText("holiday.tar was refused").waitFor();
    await page
      .getByRole("alert")
      .getByText(/The package is refused: /)
      .waitFor();
    await choose.setInputFiles(packageFile);
    await page.getByRole("article", { name: "Newsroom 1.0.0" }).getByText("not signed").waitFor();
  });

  it("installs from a form that the package's settings make, after its plan was seen", async () => {
    const { page } = opened;
    await page.getByRole("link", { name: "Install Newsroom 1.0.0" }).click();
    await page.getByRole("heading", { level: 1, name: "Install Newsroom" }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Paper!");
    await page.getByLabel("Name of the paper").fill("");
    await page.getByRole("button", { name: "Review" }).click();
    await page.getByText(/use 1 to 63 of a-z/).waitFor();
    await page.getByText("must have at least 1 characters").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("paper");
    await page.getByLabel("Name of the paper").fill("The Morning Ledger");
    await page.getByLabel("Password of the editors' desk").fill("a desk of oak and brass");
    await page.getByText(/^http:\/\/paper-press\.localhost:\d+\/$/).waitFor();
    await page.getByRole("button", { name: "Review" }).click();
    const plan = page.getByRole("dialog", { name: "Install paper?" });
    await plan.getByText("Volume paper-comments is made.").waitFor();
    await plan.getByText("2 instances of component web start.").waitFor();
    await plan.getByText("is stored as secret paper-desk-password").waitFor();
    await plan.getByRole("button", { name: "Install" }).click();
    await page.getByRole("heading", { level: 1, name: "paper" }).waitFor();
    await state(page, /^ready$/);
    assert.equal(await page.getByRole("table", { name: "Instances" }).getByText("ready").count(), 2);
    assert.equal(await page.getByText("a desk of oak and brass").count(), 0);
  });

  it("serves at the address that it shows", async () => {
    const { page } = opened;
    const visitor = await newPage(browser, await newsroomAddress(page));
    await visitor.page.goto("/");
    await visitor.page.getByText("The Morning Ledger").first().waitFor();
    await visitor.page.context().close();
  });

  it("shows what separates an instance from the machine", async () => {
    const { page } = opened;
    await page
      .getByRole("button", { name: /^paper-web-1-/ })
      .first()
      .click();
    const drawer = openDialog(page);
    await drawer.getByRole("heading", { name: "What separates it" }).waitFor();
    assert.ok(
      (await drawer.getByRole("region", { name: "What separates it" }).getByRole("listitem").count()) > 3,
    );
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "hidden" });
  });

  it("changes a setting as a new release, and goes back", async () => {
    const { page } = opened;
    // Instances that are watched for seconds are right for people, and long for a test.
    await watchNothing(center);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Name of the paper").fill("The Evening Ledger");
    await page.getByRole("button", { name: "Review changes" }).click();
    const plan = page.getByRole("dialog", { name: "Change paper?" });
    await plan.getByText("spec.settings.title").waitFor();
    await plan.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("link", { name: "Releases" }).click();
    const second = page.getByRole("article", { name: "Release 2" });
    await second.getByText("serving", { exact: true }).waitFor({ timeout: 30_000 });
    const address = await newsroomAddress(page);
    const visitor = await newPage(browser, address);
    await visitor.page.goto("/");
    await visitor.page.getByText("The Evening Ledger").first().waitFor();

    await page.getByRole("button", { name: "Roll back to release 1" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    const third = page.getByRole("article", { name: "Release 3" });
    await third.getByText("back to release 1").waitFor();
    await third.getByText("serving", { exact: true }).waitFor({ timeout: 30_000 });
    await visitor.page.goto("/");
    await visitor.page.getByText("The Morning Ledger").first().waitFor();
    await visitor.page.context().close();
  });

  it("scales without a release", async () => {
    const { page } = opened;
    await page.getByRole("link", { name: "Overview", exact: true }).last().click();
    await page.getByRole("button", { name: "Scale" }).click();
    const dialog = page.getByRole("dialog", { name: "Scale paper" });
    await dialog.getByLabel("Copies of web").fill("3");
    await dialog.getByRole("button", { name: "Scale" }).click();
    await page.getByText("3 of 3 ready").waitFor({ timeout: 30_000 });
    await page.getByRole("link", { name: "Releases" }).click();
    await page.getByRole("article", { name: "Release 3" }).waitFor();
    assert.equal(await page.getByRole("article", { name: /^Release / }).count(), 3);
  });

  for (const width of [1280, 390])
    it(`axe finds nothing and nothing overflows, in both themes at ${width} px`, async () => {
      const storageState = await opened.page.context().storageState();
      const { page, complaints } = await newPage(browser, center.url, {
        storageState,
        viewport: { width, height: 844 },
      });
      const findings: string[] = [];
      for (const { path, ready } of pages) {
        await page.goto(path);
        await ready(page);
        for (const finding of await pageFindings(page)) findings.push(`${path}: ${finding}`);
      }
      assert.deepEqual(findings, []);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });

  it("removes it after its name was typed, and says that the volume stays", async () => {
    const { page } = opened;
    await page.goto(app);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Remove app…" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove paper?" });
    await dialog.getByText(/Volume paper-comments stays, with the data in it/).waitFor();
    const remove = dialog.getByRole("button", { name: "Remove app" });
    assert.ok(await remove.isDisabled());
    await dialog.getByLabel("Type paper to confirm").fill("paper");
    await remove.click();
    await page.getByText("There is no app paper in press").waitFor({ timeout: 30_000 });
    assert.deepEqual(opened.complaints, []);
  });
});

async function watchNothing({ client }: RealDataCenter): Promise<void> {
  const key = { project: "press", name: "paper" };
  await client.patch(appKind, key, { spec: { rollout: { watchSeconds: 0 } } });
}

/** Every page of apps, and something that is on it when it has loaded. */
const pages: readonly { readonly path: string; readonly ready: (page: Page) => Promise<void> }[] = [
  { path: "/apps", ready: (page) => page.getByRole("link", { name: "paper", exact: true }).waitFor() },
  {
    path: "/apps/catalogue?project=press",
    ready: (page) => page.getByRole("article", { name: "Newsroom 1.0.0" }).waitFor(),
  },
  {
    path: "/apps/install?project=press",
    ready: (page) => page.getByRole("link", { name: "Newsroom", exact: true }).waitFor(),
  },
  {
    path: "/apps/install?project=press&package=newsroom-1-0-0",
    ready: (page) => page.getByText(/^http:\/\/newsroom-press\.localhost/).waitFor(),
  },
  { path: app, ready: (page) => page.getByRole("heading", { name: "Volumes" }).waitFor() },
  {
    path: `${app}/releases`,
    ready: (page) => page.getByRole("article", { name: "Release 3" }).waitFor(),
  },
  { path: `${app}/settings`, ready: (page) => page.getByLabel("Name of the paper").waitFor() },
  { path: `${app}/yaml`, ready: (page) => page.getByText("kind:").waitFor() },
];
