import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import {
  pageFindings,
  consoleDirectory,
  newPage,
  startBrowser,
  withoutChromium,
} from "#test/support/browser.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";

const readyMs = 120_000;
/** Whole processes and a browser share two cores with other tests. */
const patienceMs = 30_000;
const bucket = "/buckets/default/pictures";
const text = "<b>plain</b> words\n";
/** Two parts, the second one short. */
const largeBytes = 16 * 1024 * 1024 + 5;

/** The bucket browser in a data center as users run it: files go from the page straight to the S3 service of another origin. */
describe("objects in the console", { skip: withoutChromium }, () => {
  let center: RealDataCenter;
  let browser: Browser;
  let opened: Awaited<ReturnType<typeof newPage>>;

  before(async () => {
    await consoleDirectory();
    center = await startRealDataCenter();
    await center.ready(readyMs);
    browser = await startBrowser();
    const { client } = center;
    await client.call(client.routes["user.create"], { body: { name: "ada", title: "", owner: true } });
    opened = await signedIn();
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  /** A page of someone who is signed in. */
  async function signedIn(options: Parameters<typeof newPage>[2] = {}) {
    const { client } = center;
    const { secret } = await client.call(client.routes["user.link"], { params: { user: "ada" } });
    const made = await newPage(browser, center.url, options);
    made.page.setDefaultTimeout(patienceMs);
    const headers = { origin: center.url };
    const answer = await made.page.request.post("/v1/auth/link", { data: { secret }, headers });
    assert.equal(answer.status(), 200);
    return made;
  }

  it("a bucket is made, and a dropped picture and text are in it and can be looked at", async () => {
    const { page, complaints } = opened;
    await page.goto("/buckets");
    await page.getByRole("button", { name: "Create bucket" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Create bucket" });
    await dialog.getByLabel("Name", { exact: true }).fill("Not A Name");
    await dialog.getByRole("button", { name: "Create bucket" }).click();
    await dialog.getByText(/use 3 to 63 lower-case letters/).waitFor();
    await dialog.getByLabel("Name", { exact: true }).fill("pictures");
    await dialog.getByRole("button", { name: "Create bucket" }).click();
    await page.getByText("No object yet").waitFor();
    const picture = await page.screenshot();
    await drop(page, [
      { name: "page.png", type: "image/png", bytes: [...picture] },
      { name: "notes.html", type: "text/html", bytes: [...Buffer.from(text)] },
    ]);
    // Exactly this name: while the file is on its way there is a button "Cancel page.png".
    await page.getByRole("button", { name: "page.png", exact: true }).click();
    const shown = page.getByRole("img", { name: "Preview of page.png" });
    await shown.waitFor();
    await page.getByText("Nothing is missing; 1 more drive may fail").waitFor();
    assert.equal(
      await shown.evaluate(
        (image) =>
          (image as unknown as { readonly naturalWidth: number })
            .naturalWidth /* an <img>; tests are typed without the DOM */,
      ),
      1280,
    );
    await page.goto(`${bucket}?object=notes.html`);
    const preview = page.getByRole("region", { name: "Preview of notes.html" });
    await preview.getByText("<b>plain</b> words").waitFor();
    assert.equal(await preview.locator("b").count(), 0, "markup of an object stays text");
    assert.deepEqual(complaints, [], "nothing is against the content security policy");
  });

  it("a large file goes in parts and comes back whole", async () => {
    const { page } = opened;
    await page.goto(`${bucket}?prefix=deep/down/`);
    await page.getByText("This folder is empty").waitFor();
    const buffer = Buffer.alloc(largeBytes, "0123456789abcdef");
    const file = join(center.directory, "large.bin");
    writeFileSync(file, buffer);
    await page.getByLabel("Files to upload").setInputFiles(file);
    await page.getByRole("button", { name: "large.bin", exact: true }).waitFor();
    const { client } = center;
    const params = { project: "default", name: "pictures" };
    const detail = await client.call(client.routes["bucket.object"], {
      params,
      query: { key: "deep/down/large.bin", verify: "true" },
    });
    assert.match(detail.etag, /-2"?$/, "made of two parts");
    const { urls } = await client.call(client.routes["bucket.read-urls"], {
      params,
      body: { items: [{ operation: "get", key: "deep/down/large.bin" }] },
    });
    const answer = await fetch(urls[0] ?? "");
    assert.ok(buffer.equals(Buffer.from(await answer.arrayBuffer())));
  });

  it("what was deleted can be had back at once, and an old version later", async () => {
    const { page } = opened;
    await page.goto(bucket);
    await page.getByRole("checkbox", { name: "Choose notes.html" }).check();
    await page.getByRole("button", { name: "Delete 1 chosen" }).click();
    await page.getByRole("button", { name: "notes.html", exact: true }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "notes.html", exact: true }).waitFor();
    await drop(page, [{ name: "notes.html", type: "text/html", bytes: [...Buffer.from("newer")] }]);
    await page.getByText("1 file sent").waitFor();
    await page.goto(`${bucket}/versions?prefix=notes`);
    await page.getByRole("button", { name: /^Restore notes.html/ }).click();
    await page.getByText("notes.html is back").waitFor();
    await page.goto(`${bucket}?object=notes.html`);
    await page
      .getByRole("region", { name: "Preview of notes.html" })
      .getByText("<b>plain</b> words")
      .waitFor();
  });

  it("a policy that is refused is told at the policy, and nothing is changed by it", async () => {
    const { page } = opened;
    await page.goto(`${bucket}/settings`);
    const policy = page.getByLabel("Policy of the bucket");
    await policy.fill('{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}');
    await page.getByRole("button", { name: "Review changes" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
    await page.getByText(/^The policy is not well formed/).waitFor();
    await policy.fill("");
    await page.getByLabel("Encrypt what is stored").check();
    await page.getByRole("button", { name: "Review changes" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
    await page.getByText("Settings of pictures changed").waitFor();
    const { client } = center;
    const params = { project: "default", name: "pictures" };
    const { encryption, policy: kept } = await client.call(client.routes["bucket.config"], { params });
    assert.deepEqual({ encryption, kept }, { encryption: "AES256", kept: null });
  });

  it("a key is issued, its secret is shown once, and it can be revoked", async () => {
    const { page } = opened;
    await page.goto(`${bucket}/keys`);
    await page.getByRole("button", { name: "Create key" }).click();
    await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("laptop");
    await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Issue credentials" }).click();
    const issued = page.getByRole("dialog", { name: "Your credentials" });
    const shell = (await issued.locator("pre").textContent()) ?? "";
    const secret = /AWS_SECRET_ACCESS_KEY=(\S{20,})/.exec(shell)?.[1] ?? "";
    assert.notEqual(secret, "");
    await issued.getByRole("button", { name: "rclone" }).click();
    await issued.getByText("force_path_style = true").waitFor();
    await issued.getByRole("button", { name: "I have it" }).click();
    const row = page.getByRole("row", { name: /laptop/ });
    await row.getByText("active").waitFor();
    assert.equal((await page.content()).includes(secret), false);
    await row.getByRole("button", { name: "What can be done with laptop" }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.getByText("not issued").waitFor();
  });

  for (const width of [1280, 390])
    it(`axe finds nothing in the pages of objects and nothing overflows, in both themes at ${width} px`, async () => {
      const viewport = { width, height: 844 };
      const { page } = await signedIn({ viewport });
      const findings: string[] = [];
      for (const [path, ready] of places) {
        await page.goto(path);
        await page.getByText(ready).first().waitFor();
        for (const finding of await pageFindings(page)) findings.push(`${path}: ${finding}`);
      }
      assert.deepEqual(findings, []);
      await page.context().close();
    });
});

/** Each page, and something that is on it when it has loaded. */
const places: readonly (readonly [path: string, ready: string])[] = [
  ["/buckets", "Use it with S3 clients"],
  ["/buckets/keys", "laptop"],
  [bucket, "page.png"],
  [`${bucket}?object=page.png`, "Where its bytes lie"],
  [`${bucket}/versions`, "newest"],
  [`${bucket}/settings`, "Lifecycle"],
  [`${bucket}/keys`, "laptop"],
];

/** The browser's, for the function that runs there; tests are typed without the DOM. */
declare const DataTransfer: new () => { readonly items: { add(file: File): void } };

async function drop(
  page: Page,
  files: readonly { readonly name: string; readonly type: string; readonly bytes: readonly number[] }[],
): Promise<void> {
  const dataTransfer = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const { name, type, bytes } of all)
      transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
    return transfer;
  }, files);
  await page.getByRole("region", { name: "Objects of this folder" }).dispatchEvent("drop", { dataTransfer });
}
