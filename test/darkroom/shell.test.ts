import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { projectKind } from "#api/kinds/project.ts";
import { repositoryRoot } from "#main/repository.ts";
import { axeFindings, newPage, startBrowser, withoutChromium, type TestPage } from "#test/support/browser.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";

const readyMs = 120_000;
const run = promisify(execFile);
const folder = join(repositoryRoot, "examples/darkroom");

/** Darkroom as users have it: deployed in a data center, signed in to through the console, with its albums in a bucket. */
describe("Darkroom's shell", { skip: withoutChromium }, () => {
  let center: RealDataCenter;
  let browser: Browser;
  let url: string;
  let ada: TestPage;
  let ben: TestPage;

  before(async () => {
    // Nothing is done when nothing changed since.
    await run(process.execPath, [join(folder, "build.ts")], { cwd: folder });
    center = await startRealDataCenter(["--objects", "1", "--no-status"]);
    await center.ready(readyMs);
    const { client } = center;
    const members = [
      { user: "ada", role: "operator" },
      { user: "ben", role: "operator" },
    ] as const;
    for (const { user } of members) await client.call(client.routes["user.create"], { body: { name: user } });
    await client.apply(projectKind, { name: "photos", spec: { title: "Photos", members: [...members] } });
    const words = ["deploy", folder, "--project", "photos", "--yes", "--data", center.directory];
    const { stdout } = await run(join(repositoryRoot, "vdc"), words);
    url = /http:\/\/darkroom\S+/.exec(stdout)?.[0] ?? assert.fail(stdout);
    browser = await startBrowser();
    ada = await open("ada");
    ben = await open("ben");
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  /** Signs in at the console by a one-time link, opens Darkroom, and says yes. */
  async function open(user: string): Promise<TestPage> {
    const { client } = center;
    const { secret } = await client.call(client.routes["user.link"], { params: { user } });
    const opened = await newPage(browser, url);
    const { page } = opened;
    await page.goto(`${center.url}/signin#link=${secret}`);
    await page.getByRole("button", { name: "Not now" }).click();
    await page.goto(url);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Begin with the sample" }).waitFor();
    return opened;
  }

  async function cookieOf(page: Page): Promise<string> {
    const cookies = await page.context().cookies(url);
    const { value } = cookies.find(({ name }) => name === "darkroom") ?? assert.fail("no session");
    return `darkroom=${value}`;
  }

  /** A request without a browser: it says what it likes about where it comes from. Names below `localhost` are known to browsers only, so it goes to the gateway's address. */
  async function ask(
    cookie: string,
    path: string,
    more: { readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<{
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: unknown;
  }> {
    const { host, port } = new URL(url);
    const body = more.json === undefined ? undefined : JSON.stringify(more.json);
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const call = request({
      host: "127.0.0.1",
      port,
      path,
      method: body === undefined ? "GET" : "POST",
      headers: { host, cookie, ...type, ...more.headers },
    }).end(body);
    const [answer] = (await once(call, "response")) as [IncomingMessage]; // the event's documented argument
    const content = await text(answer);
    const isJson = answer.headers["content-type"]?.startsWith("application/json") === true;
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: isJson ? (JSON.parse(content) as unknown) : content,
    };
  }

  it("brings the sample album into the user's bucket, finds what belongs together, and shows a photo", async () => {
    const { page, complaints } = ada;
    await page.getByRole("button", { name: "Open the sample album" }).click();
    await page.getByText("20 photos").waitFor({ timeout: 90_000 });
    await page.getByRole("region", { name: "Bracket", exact: true }).getByText("5 photos").waitFor();
    await page.getByRole("region", { name: "Panorama", exact: true }).getByText("6 photos").waitFor();
    await page.getByRole("region", { name: "HDR panorama" }).getByText("9 photos").waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole("button", { name: "terrace-3.jpg" }).dblclick();
    await page.getByRole("img", { name: "terrace-3.jpg" }).waitFor();
    await page.getByText("1/125 s").first().waitFor();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("heading", { name: "terrace-4.jpg" }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    assert.ok(wide <= 390, `${wide} px wide`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "terrace-1.jpg" }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it("opens without a network, says so, and shows the previews that were seen", async () => {
    const { page } = ada;
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
    await page.context().setOffline(true);
    try {
      await page.goto(url);
      await page.getByText("offline", { exact: true }).waitFor();
      await page.getByRole("link", { name: /Terrace at dusk/ }).click();
      const seen = page.getByRole("button", { name: "terrace-1.jpg" }).locator("img");
      await seen.waitFor();
      await seen.evaluate("(image) => image.decode()");
    } finally {
      await page.context().setOffline(false);
    }
  });

  it("keeps albums and photos of two users apart", async () => {
    const [mine, others] = [await cookieOf(ada.page), await cookieOf(ben.page)];
    const { items } = (await ask(mine, "/api/albums")).body as { items: { id: string }[] };
    const id = items[0]?.id ?? assert.fail("no album");
    assert.deepEqual((await ask(others, "/api/albums")).body, { items: [] });
    assert.equal((await ask(others, `/api/albums/${id}`)).status, 404);
    const album = (await ask(mine, `/api/albums/${id}`)).body as { photos: { hash: string }[] };
    const hashes = album.photos.map(({ hash }) => hash);
    assert.deepEqual((await ask(others, "/api/have", { json: { hashes } })).body, { hashes: [] });
    const wanted = { operation: "get", kind: "original", hash: hashes[0] };
    const { urls } = (await ask(others, "/api/urls", { json: { items: [wanted] } })).body as {
      urls: string[];
    };
    assert.equal((await fetch(urls[0] ?? "")).status, 404);
  });

  it("deletes an album and takes it back", async () => {
    const { page } = ada;
    await page.goto(url);
    await page.getByRole("button", { name: "Delete Terrace at dusk" }).click();
    await page.getByRole("heading", { name: "Begin with the sample" }).waitFor();
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await page.getByRole("link", { name: /Terrace at dusk/ }).waitFor();
  });

  it("lets no page of another origin use the session", async () => {
    const cookie = await cookieOf(ada.page);
    for (const headers of [{ origin: "https://attacker.example" }, { "sec-fetch-site": "cross-site" }]) {
      assert.equal((await ask(cookie, "/api/me", { headers })).status, 403);
      assert.equal((await ask(cookie, "/api/center/project/jobs", { headers })).status, 403);
    }
    assert.equal((await ask(cookie, "/api/me")).status, 200);
  });

  it("takes no cookie that it did not seal, and none that was sealed for something else", async () => {
    const cookie = await cookieOf(ada.page);
    const last = cookie.at(-2) === "A" ? "B" : "A";
    const begun = await ask("", "/sign-in");
    const other = /darkroom-begun=([^;]+)/.exec(String(begun.headers["set-cookie"]))?.[1] ?? assert.fail();
    for (const forged of ["darkroom=", "darkroom=e30", cookie.slice(0, -2) + last, `darkroom=${other}`])
      assert.equal((await ask(forged, "/api/me")).status, 401, forged.slice(0, 20));
  });

  it("forwards nothing of the data center's API but what Darkroom is for", async () => {
    const cookie = await cookieOf(ada.page);
    assert.equal((await ask(cookie, "/api/center/project/balance")).status, 200);
    for (const path of [
      "/api/center/users",
      "/api/center/project/secrets",
      "/api/center/burst/%2e%2e/users",
      "/api/center/burst%2f..%2fusers",
      "/api/center/project/jobs/%2e%2e/%2e%2e/%2e%2e/users",
      "/api/center//users",
    ])
      assert.equal((await ask(cookie, path)).status, 404, path);
  });

  it("copies originals nowhere but to the object store", async () => {
    const cookie = await cookieOf(ada.page);
    for (const target of [center.url, "http://169.254.169.254/latest", "file:///etc/passwd"]) {
      const answer = await ask(cookie, "/api/stage", { json: { hash: "0".repeat(64), url: target } });
      assert.equal(answer.status, 422, target);
    }
  });

  it("sends nobody elsewhere after the sign-in", async () => {
    const { page } = await newPage(browser, url, { storageState: await ada.page.context().storageState() });
    await page.goto(new URL("/sign-in?to=//attacker.example/", url).href);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Albums" }).waitFor();
    assert.equal(new URL(page.url()).origin, new URL(url).origin);
    await page.context().close();
  });
});
