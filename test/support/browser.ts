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

/** What axe finds, in words: `color-contrast: .text-faint …`. Empty is good. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  // Our pages have no frames from elsewhere: the one-pass mode finds the same in half the time.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
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
