import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { TemporaryFolder, vdc } from "#test/e2e/support/center.ts";
import { pageFindings, newPage, startBrowser, withoutChromium } from "#test/support/browser.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";

/** Says a line in colour for every request, and nothing else. */
const program = `
import { createServer } from "node:http";
createServer((request, response) => {
  console.log("asked for \\u001b[31m" + request.url + "\\u001b[0m <b>bold</b>");
  response.end("hello");
}).listen(Number(process.env.PORT), "127.0.0.1");
`;
const manifest = `
apiVersion: vdc.app/v1
id: org.example.hello
version: 1.0.0
name: Hello
routes:
  site: { component: web, primary: true }
`;
const compose = `
services:
  web:
    command: [node, server.mjs]
    working_dir: /app
    expose: ['3000']
    stop_grace_period: 1s
    x-vdc: { artifact: ., runtime: node >=20, readiness: { http: /ready } }
`;
const root = "/apps/default/hello";
const startMs = 60_000;

describe("the console's live pages", { skip: withoutChromium }, () => {
  let center: RealDataCenter;
  let browser: Browser;
  let folder: TemporaryFolder;
  let gatewayPort = 0;

  before(async () => {
    folder = new TemporaryFolder();
    const source = join(folder.path, "hello");
    mkdirSync(source);
    writeFileSync(join(source, "server.mjs"), program);
    writeFileSync(join(source, "compose.yaml"), compose);
    writeFileSync(join(source, "vdc-app.yaml"), manifest);
    center = await startRealDataCenter();
    await center.ready(startMs);
    browser = await startBrowser();
    const deployed = await vdc(["deploy", source, "--yes", "--data", center.directory]);
    assert.equal(deployed.status, 0, deployed.stderr);
    const { items } = await center.client.call(center.client.routes["gateway.list"]);
    gatewayPort = items[0]?.listeners.find(({ tls }) => !tls)?.port ?? 0;
    const user = { name: "ada", title: "", owner: true };
    await center.client.call(center.client.routes["user.create"], { body: user });
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
    folder?.[Symbol.dispose]();
  });

  /** One request through the gateway, as a visitor of the app makes it. */
  const visit = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: "hello.localhost" };
      request({ host: "127.0.0.1", port: gatewayPort, path, headers }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      })
        .on("error", reject)
        .end();
    });

  /** A page of someone who is signed in. */
  async function signedIn(options: Parameters<typeof newPage>[2] = {}) {
    const { secret } = await center.client.call(center.client.routes["user.link"], {
      params: { user: "ada" },
    });
    const made = await newPage(browser, center.url, options);
    const answer = await made.page.request.post("/v1/auth/link", {
      data: { secret },
      headers: { origin: center.url },
    });
    assert.equal(answer.status(), 200);
    return made;
  }

  it("lines appear while they are followed, as text and in colour, and a search finds one", async () => {
    const { page, complaints } = await signedIn();
    await page.goto(`${root}/logs`);
    await page.getByRole("searchbox", { name: "Search in these lines" }).waitFor();
    await visit("/first");
    const log = page.getByRole("log");
    await log.getByText("/first", { exact: true }).waitFor();
    await visit("/needle");
    await log.getByText("/needle", { exact: true }).waitFor();
    assert.equal(await log.locator("b").count(), 0, "markup of a program stays text");
    await page.getByRole("searchbox", { name: "Search in these lines" }).fill("NEEDLE");
    await page.keyboard.press("Enter");
    await page.getByText("1 of 1", { exact: true }).waitFor();
    assert.equal(await log.locator("[data-current] mark").textContent(), "needle");
    await visit("/later");
    await page.getByRole("button", { name: /new line/ }).click();
    await log.getByText("/later", { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("a command runs in a terminal, and how it ended is said", async () => {
    const { page, complaints } = await signedIn();
    await openTerminal(page);
    await page.keyboard.type("echo made-$((40+2)); exit 3\n");
    await page.locator(".xterm-rows").getByText("made-42", { exact: true }).waitFor();
    await page.getByText("exited with 3").waitFor();
    await page.getByRole("button", { name: "Connect again" }).click();
    await page.getByText("connected", { exact: true }).waitFor();
    assert.deepEqual(complaints, [], "nothing is against the content security policy");
    await page.context().close();
  });

  it("requests are counted in the traffic panel as they are made", async () => {
    const { page, complaints } = await signedIn();
    await page.goto(root);
    const chart = page.getByRole("img", { name: /^Requests, last few minutes; now all [1-9]/ });
    const seen = chart.waitFor().then(() => true);
    let isSeen = false;
    while (!isSeen) {
      await visit("/busy");
      isSeen = await Promise.race([seen, Promise.resolve(false)]);
    }
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  for (const width of [1280, 390])
    it(`axe finds nothing in live pages and nothing overflows, in both themes at ${width} px`, async () => {
      const viewport = { width, height: 844 };
      const { page } = await signedIn({ viewport });
      const findings: string[] = [];
      const look = async (what: string) => {
        for (const finding of await pageFindings(page)) findings.push(`${what}: ${finding}`);
      };
      await page.goto(`${root}/logs`);
      await page.getByRole("log").getByText("asked for").first().waitFor();
      await look("logs");
      await page.goto(`${root}/requests`);
      await page.getByRole("button", { name: "Pause" }).waitFor();
      // The page shows what comes after its stream has begun, which nothing on it says.
      const shown = page.getByText("/seen-live").first();
      let isShown = false;
      while (!isShown) {
        await visit("/seen-live");
        isShown = await shown.waitFor({ timeout: 500 }).then(
          () => true,
          () => false,
        );
      }
      await look("requests");
      await openTerminal(page);
      await look("terminal");
      assert.deepEqual(findings, []);
      await page.context().close();
    });
});

async function openTerminal(page: Page): Promise<void> {
  await page.goto(`${root}/terminal`);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("connected", { exact: true }).waitFor();
}
