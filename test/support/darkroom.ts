// What the browser tests of Darkroom share: a data center that has it, somebody who is signed in, the sample album.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { repositoryRoot } from "#main/repository.ts";
import { consoleDirectory, newPage, startBrowser } from "#test/support/browser.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";

const readyMs = 180_000;
/** Two cores shared with whatever else a test machine does. */
export const mergeMs = 240_000;
const owner = { name: "ada", password: "correct horse battery staple" };
const darkroom = join(repositoryRoot, "examples/darkroom");
/** A folder for screenshots, for people who look at them. */
const shots = process.env["DARKROOM_SHOTS"];

export interface DarkroomWorld extends AsyncDisposable {
  readonly center: RealDataCenter;
  readonly browser: Browser;
  /** Signed in, on the list of albums. */
  readonly page: Page;
  /** What the page's console said was wrong. */
  readonly complaints: readonly string[];
  /** The app's address. */
  readonly url: string;
}

/** A real data center with Darkroom in it and a worker, and a browser whose user has just signed in, in a window such as a phone's. */
export async function startDarkroom(window: BrowserContextOptions = {}): Promise<DarkroomWorld> {
  await using begun = new AsyncDisposableStack();
  await consoleDirectory();
  await run(join(darkroom, "build.ts"));
  const center = begun.use(await startRealDataCenter(["--workers", "1"]));
  await center.ready(readyMs);
  const vdc = async (...words: readonly string[]) =>
    await run(join(repositoryRoot, "src/main/vdc.ts"), ...words, "--data", center.directory);
  const deployed = await vdc("deploy", darkroom, "--yes");
  const url = /http:\/\/darkroom\.localhost:\d+\//.exec(deployed)?.[0] ?? assert.fail(deployed);
  await vdc("kernels", "push", join(darkroom, "dist/kernels"), "--project", "default");
  const browser = await startBrowser();
  begun.defer(async () => await browser.close());
  const { page, complaints } = await newPage(browser, url, window);
  page.setDefaultTimeout(60_000);
  // Headless browsers have nobody who picks a file.
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
  await enter(center, page, url);
  const stack = begun.move();
  return {
    center,
    browser,
    page,
    complaints,
    url,
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}

async function enter({ client, url: console }: RealDataCenter, page: Page, url: string): Promise<void> {
  await client.call(client.routes["user.create"], { body: { name: owner.name, owner: true } });
  const link = await client.call(client.routes["user.link"], { params: { user: owner.name } });
  await page.goto(`${console}/signin#link=${link.secret}`);
  await page.getByLabel("New password").fill(owner.password);
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.goto(url);
  await page.getByRole("button", { name: "Continue" }).click();
  // The sign-in ends with a navigation of its own.
  await page.getByRole("heading", { level: 1, name: "Albums" }).waitFor();
}

/** Makes the sample album and chooses one of its groups, whose button says for example "Bracket 5 photos". */
export async function chooseOfSample(page: Page, group: RegExp): Promise<void> {
  const sample = page.getByRole("button", { name: /sample album/ }).first();
  await sample.click();
  // The album groups photos as they come.
  await page.getByRole("button", { name: group }).click({ timeout: mergeMs });
}

/** Waits until the preview of what is chosen now is drawn. */
export async function previewed(page: Page): Promise<void> {
  const merged = page.getByRole("button", { name: "Merge", exact: true });
  await merged.and(page.locator(":enabled")).waitFor({ timeout: mergeMs });
  await page.getByText(/^(Rendering|Comparing)/).waitFor({ state: "detached", timeout: mergeMs });
}

/** Screenshots at the width of a phone and of a laptop, when `DARKROOM_SHOTS` says where; `settle` is what is done before each. */
export async function shot(
  page: Page,
  name: string,
  settle: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  if (shots === undefined) return;
  for (const [width, height] of [
    [390, 844],
    [1280, 800],
  ] as const) {
    await page.setViewportSize({ width, height });
    await settle();
    await page.screenshot({ path: join(shots, `${name}-${width}.png`) });
  }
}

async function run(program: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], {
    cwd: repositoryRoot,
    maxBuffer: 2 ** 24,
  });
  return stdout;
}
