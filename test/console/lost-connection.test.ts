import assert from "node:assert/strict";
import { it } from "node:test";
import { projectKind } from "#api/kinds/project.ts";
import { consoleDirectory, newPage, signIn, startBrowser, withoutChromium } from "#test/support/browser.ts";
import { startDataCenter } from "#test/support/data-center.ts";
import { createTestDatabase } from "#test/support/database.ts";

it(
  "the console says that the connection is lost, and catches up by itself when the server is back",
  {
    skip: withoutChromium,
  },
  async () => {
    await using database = await createTestDatabase();
    const options = { databaseUrl: database.url, consoleDirectory: await consoleDirectory() };
    const first = await startDataCenter(options);
    const owner = await first.user("ada", { owner: true });
    const browser = await startBrowser();
    try {
      const { page } = await newPage(browser, first.url);
      await signIn(page, owner);
      await page.goto("/projects");
      await page.getByText("No project yet").waitFor();
      await first.stop();
      await page.getByText("Connection lost, reconnecting…").waitFor();

      await using second = await startDataCenter({ ...options, port: Number(new URL(first.url).port) });
      await second.local.apply(projectKind, { name: "made-meanwhile", spec: {} });
      await page.getByRole("link", { name: "made-meanwhile" }).waitFor({ timeout: 20_000 });
      await page.getByText("Connection lost, reconnecting…").waitFor({ state: "hidden" });
      await page.getByText("Connected again.").waitFor();
      assert.equal(new URL(page.url()).pathname, "/projects");
      await page.context().close();
    } finally {
      await browser.close();
    }
  },
);
