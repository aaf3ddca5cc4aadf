import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from "playwright-core";
import { AxeBuilder } from "@axe-core/playwright";
import { buildConsole } from "#main/console-build.ts";
import { repositoryRoot } from "#main/repository.ts";

export const chromiumPath = "/usr/bin/chromium";

/** What a test says when it is skipped: the program's name. False where it is there. */
export const withoutChromium: string | false = existsSync(chromiumPath) ? false : "chromium";

const buildMs = 120_000;

/** The folder of the built console, built when it is missing or older than its sources: as `vdc up` does it. */
export async function consoleDirectory(): Promise<string> {
  const built = await buildConsole(
    repositoryRoot,
    `${repositoryRoot}/.cache/console`,
    AbortSignal.timeout(buildMs),
  );
  if (built.kind === "built" || built.kind === "current") return built.directory;
  throw new Error(`the console cannot be built: ${built.kind === "failed" ? built.reason : built.kind}`);
}

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page of its own session, and everything that its console said was wrong. */
export interface TestPage {
  readonly page: Page;
  readonly complaints: string[];
}

export async function newPage(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<TestPage> {
  const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Failed requests are looked at by the tests that cause them.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  return { page, complaints };
}

/** Signs in as a person would, and waits until the page is there. */
export async function signIn(
  page: Page,
  user: { readonly name: string; readonly password: string },
): Promise<void> {
  await page.goto("/signin");
  await page.getByLabel("Name").fill(user.name);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
}

/**
 * What is wrong with how a page looks, in words: what axe finds in the light theme, what it finds of contrast in the dark
 * one (all its other rules ask nothing of colours), and whether the page is wider than its window. Empty is good.
 */
export async function pageFindings(page: Page): Promise<readonly string[]> {
  await inTheme(page, "light");
  const light = await axeFindings(page);
  await inTheme(page, "dark");
  const dark = await axeFindings(page, ["color-contrast"]);
  const wider = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  return [
    ...light.map((finding) => `light: ${finding}`),
    ...dark.map((finding) => `dark: ${finding}`),
    ...(wider > 0 ? [`${wider} px wider than the window`] : []),
  ];
}

/** A page hears of another theme when it draws its next frame, and has drawn it after one more. */
async function inTheme(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** What axe finds, in words: `color-contrast: .text-faint …`. Empty is good. */
export async function axeFindings(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // Our pages have no frames from elsewhere: the one-pass mode finds the same in half the time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  if (rules !== undefined) axe.withRules([...rules]);
  const { violations } = await axe.analyze();
  return violations.map(
    (violation) =>
      `${violation.id} (${violation.impact ?? "?"}): ${violation.nodes
        .slice(0, 4)
        .map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? node.failureSummary ?? ""}`)
        .join(" | ")}`,
  );
}

/** The open dialog or drawer of a page. A toast has the role of a dialog too, one that leaves the page usable. */
export function openDialog(page: Page): Locator {
  return page.locator("[role=dialog]:not([aria-modal=false])");
}
