import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { projectKind } from "#api/kinds/project.ts";
import {
  consoleDirectory,
  newPage,
  openDialog,
  signIn,
  startBrowser,
  withoutChromium,
} from "#test/support/browser.ts";
import { startDataCenter, type TestDataCenter, type TestUser } from "#test/support/data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** A person who waits longer than this calls it not live. */
const liveMs = 5000;

describe("the console in a browser", { skip: withoutChromium }, () => {
  let center: TestDataCenter;
  let browser: Browser;
  let owner: TestUser;
  let viewer: TestUser;

  before(async () => {
    center = await startDataCenter({ consoleDirectory: await consoleDirectory() });
    browser = await startBrowser();
    owner = await center.user("ada", { owner: true });
    await center.local.apply(projectKind, {
      name: "newsroom",
      labels: { team: "web" },
      spec: { title: "Newsroom", quotas: { instances: 20 } },
    });
    await center.local.apply(projectKind, { name: "secret", spec: { title: "Not for all" } });
    viewer = await center.user("vera", { projects: { newsroom: "viewer" } });
  });
  after(async () => {
    await browser?.close();
    await center?.[Symbol.asyncDispose]();
  });

  let state: BrowserContextOptions["storageState"];
  /** The owner's cookie: one sign-in serves the tests that are not about signing in. */
  const signedIn = async () => {
    if (state !== undefined) return state;
    const { page } = await newPage(browser, center.url);
    await signIn(page, owner);
    state = await page.context().storageState();
    await page.context().close();
    return state;
  };

  const asOwner = async () => {
    const opened = await newPage(browser, center.url, { storageState: await signedIn() });
    await opened.page.goto("/");
    await opened.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    return { ...opened, [Symbol.asyncDispose]: () => opened.page.context().close() };
  };

  it("says on the sign-in page that a sign-in at a provider failed, until the next attempt", async () => {
    const { page } = await newPage(browser, center.url);
    await page.goto("/signin?failed=sign-in-failed");
    await page.getByRole("alert").getByText("was not accepted here").waitFor();
    await page.getByLabel("Name").fill("nobody");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The user name or the password is wrong.").waitFor();
    assert.equal(await page.getByRole("alert").count(), 1);
    await page.context().close();
  });

  it("signs in by a one-time link, hides the secret at once and offers a password", async () => {
    await center.local.call(center.local.routes["user.create"], { body: { name: "new.person" } });
    const link = await center.local.call(center.local.routes["user.link"], {
      params: { user: "new.person" },
    });
    const { page, complaints } = await newPage(browser, center.url);
    await page.goto(`/signin#link=${link.secret}`);
    await page.getByRole("heading", { name: "Welcome, new.person" }).waitFor();
    assert.equal(new URL(page.url()).hash, "");
    await page.getByLabel("New password").fill("short");
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByText("use at least 12 characters").waitFor();
    await page.getByLabel("New password").fill("a long enough password");
    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();

    const again = await newPage(browser, center.url);
    await again.page.goto(`/signin#link=${link.secret}`);
    await again.page.getByRole("alert").waitFor();
    await again.page.context().close();
  });

  it("signs in by password, says when it is wrong, and returns to the page that was asked for", async () => {
    const { page } = await newPage(browser, center.url);
    await page.goto("/projects/newsroom/activity");
    await page.waitForURL(/\/signin\?to=/);
    await page.getByLabel("Name").fill(owner.name);
    await page.getByLabel("Password").fill("wrong wrong wrong");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password").fill(owner.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "newsroom" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/projects/newsroom/activity");
    assert.match(await page.title(), /^newsroom · VDC$/);
    await page.context().close();
  });

  it("creates a project, marks wrong fields, and undoes a change of a member", async () => {
    await using opened = await asOwner();
    const { page, complaints } = opened;
    await page.getByRole("button", { name: "Create project" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Create project" });
    await dialog.getByLabel("Title").fill("Film & Foto");
    assert.equal(await dialog.getByLabel("Name").inputValue(), "film-foto");
    await dialog.getByLabel("Name").fill("Film!");
    await dialog.getByLabel("Labels").fill("bad key=1");
    await dialog.getByRole("button", { name: "Create project" }).click();
    await dialog.getByText("use 1 to 63 of a-z").waitFor();
    await dialog.getByText(/a label's key is/).waitFor();
    await dialog.getByLabel("Name").fill("newsroom");
    await dialog.getByLabel("Labels").fill("team=media");
    await dialog.getByRole("button", { name: "Create project" }).click();
    await dialog.getByText("a project of this name exists already").waitFor();
    await dialog.getByLabel("Name").fill("film");
    await dialog.getByRole("button", { name: "Create project" }).click();
    await page.waitForURL("**/projects/film");
    const made = await center.local.get(projectKind, { name: "film" });
    assert.deepEqual([made.spec["title"], made.labels], ["Film & Foto", { team: "media" }]);

    await page.getByRole("link", { name: "Members", exact: true }).click();
    await page.getByLabel("User name").fill("vera");
    await page.getByRole("button", { name: "Add member" }).click();
    await page.getByRole("cell", { name: "vera", exact: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Nobody is a member yet").waitFor();
    assert.deepEqual((await center.local.get(projectKind, { name: "film" })).spec["members"], []);
    assert.deepEqual(complaints, []);
  });

  it("shows a change before it is applied, and both versions when somebody was faster", async () => {
    await center.local.apply(projectKind, { name: "edited", spec: { title: "First" } });
    await using opened = await asOwner();
    const { page } = opened;
    await page.goto("/projects/edited/settings");
    await page.getByLabel("Title").fill("Mine");
    await page.getByLabel("Memory").fill("8 GiB");
    await page.getByRole("button", { name: "Review changes" }).click();
    const review = page.getByRole("dialog", { name: "Change edited?" });
    await review.getByText("spec.quotas.memoryBytes").waitFor();
    await center.local.patch(projectKind, { name: "edited" }, { spec: { title: "Theirs" } });
    await review.getByRole("button", { name: "Apply", exact: true }).click();
    const conflict = page.getByRole("dialog", { name: "It was changed meanwhile" });
    await conflict.getByText("Theirs", { exact: true }).last().waitFor();
    await conflict.getByRole("button", { name: "Apply yours" }).click();
    await conflict.waitFor({ state: "hidden" });
    const { spec } = await center.local.get(projectKind, { name: "edited" });
    assert.deepEqual([spec["title"], spec["quotas"]], ["Mine", { memoryBytes: 8 * 1024 ** 3 }]);
  });

  it("shows a project by itself when the API made it, and its end when the API deleted it", async () => {
    await using opened = await asOwner();
    const { page } = opened;
    await page.goto("/projects");
    await page.getByRole("link", { name: "newsroom" }).waitFor();
    await owner.client.apply(projectKind, { name: "from-cli", spec: { title: "Made elsewhere" } });
    await page.getByRole("link", { name: "from-cli" }).waitFor({ timeout: liveMs });
    await page.getByRole("link", { name: "from-cli" }).click();
    await page.getByRole("heading", { level: 1, name: "from-cli" }).waitFor();
    await owner.client.delete(projectKind, { name: "from-cli" });
    await page.getByText("Project from-cli is deleted").waitFor({ timeout: liveMs });
    await page.goto("/events");
    await page.getByText(/from-cli was deleted/).waitFor({ timeout: liveMs });
  });

  it("deletes a project only after its name was typed", async () => {
    await center.local.apply(projectKind, { name: "doomed", spec: {} });
    await using opened = await asOwner();
    const { page } = opened;
    await page.goto("/projects/doomed");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete project…" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete project doomed?" });
    assert.equal(await dialog.getByRole("button", { name: "Delete project" }).isDisabled(), true);
    await dialog.getByLabel("Type doomed to confirm").fill("doomed");
    await dialog.getByRole("button", { name: "Delete project" }).click();
    await page.getByText("Project doomed is deleted").waitFor({ timeout: liveMs });
  });

  it("asks for the password over the page when the session has ended, and keeps what was typed", async () => {
    await using opened = await asOwner();
    const { page } = opened;
    await page.goto("/projects/newsroom/settings");
    await page.getByLabel("Description").fill("half a thought");
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Review changes" }).click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.getByLabel("Password").fill(owner.password);
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    assert.equal(await page.getByLabel("Description").inputValue(), "half a thought");
    await page.getByRole("button", { name: "Review changes" }).click();
    await page.getByRole("dialog", { name: "Change newsroom?" }).waitFor();
    await owner.client.apply(projectKind, { name: "after-sign-in", spec: {} });
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Projects" }).first().click();
    await page.getByRole("link", { name: "after-sign-in" }).waitFor({ timeout: liveMs });
  });

  it("shows a viewer their projects and no page of owners", async () => {
    const { page, complaints } = await newPage(browser, center.url);
    await signIn(page, viewer);
    await page.getByRole("link", { name: /^newsroom/ }).waitFor();
    const navigation = await page.getByRole("navigation", { name: "Main" }).first().innerText();
    for (const hidden of ["Users", "Audit", "Machines"])
      assert.equal(navigation.includes(hidden), false, hidden);
    assert.equal(await page.getByText("secret").count(), 0);
    assert.equal(await page.getByRole("button", { name: "Create project" }).count(), 0);
    for (const path of ["/users", "/audit", "/machines", "/machines/test-host"]) {
      await page.goto(path);
      await page.getByText("This page is for owners of the data center").waitFor();
    }
    await page.goto("/projects/newsroom");
    await page.getByRole("heading", { name: "Quotas" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Settings" }).count(), 0);
    await page.goto("/projects/secret");
    await page.getByRole("alert").waitFor();
    await page.goto("/");
    const { spec } = await center.local.get(projectKind, { name: "secret" });
    const members = [{ user: viewer.name, role: "operator" }];
    await center.local.patch(projectKind, { name: "secret" }, { spec: { ...spec, members } });
    await page.getByRole("link", { name: /^secret.*operator/ }).waitFor({ timeout: liveMs });
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("is led by the keyboard alone: palette, theme, pages, help", async () => {
    await using opened = await asOwner();
    const { page } = opened;
    const theme = () => page.evaluate<string>("document.documentElement.dataset.theme");
    const first = await theme();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("togth");
    await page.keyboard.press("Enter");
    await waitFor(async () => ((await theme()) === first ? undefined : true), {
      withinMs: 2000,
      what: "the other theme",
    });
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert.notEqual(await theme(), first);

    await page.keyboard.press("Control+k");
    await page.keyboard.type("newsr");
    await page.getByRole("option", { selected: true }).filter({ hasText: "newsroom" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "newsroom" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor({ state: "hidden" });
    await page.goto("/");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate<string>("document.activeElement.textContent"), "Skip to content");
  });

  it("makes users and tokens, and shows their secrets once", async () => {
    await using opened = await asOwner();
    const { page, complaints } = opened;
    await page.goto("/users");
    await page.getByRole("button", { name: "Create user" }).click();
    await page.getByLabel("User name").fill("Grace Hopper");
    await page.getByRole("dialog").getByRole("button", { name: "Create user" }).click();
    await page.getByText("beginning and ending with a letter or digit").waitFor();
    await page.getByLabel("User name").fill("grace");
    await page.getByRole("dialog").getByRole("button", { name: "Create user" }).click();
    await page.getByRole("button", { name: "Make link" }).click();
    const link = await page.getByRole("dialog").locator("code").first().innerText();
    assert.match(link, /\/signin#link=/);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("cell", { name: "grace", exact: true }).waitFor();

    await page.goto("/tokens");
    await page.getByRole("button", { name: "Create token" }).first().click();
    await page.getByRole("dialog").getByLabel("Name").fill("script");
    await page.getByRole("dialog").getByLabel("Project").selectOption("newsroom");
    await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
    const secret = await page.getByRole("dialog", { name: "Your token" }).locator("code").first().innerText();
    // The command is one that the CLI has: `vdc login <url> --token`.
    await page.getByRole("dialog").getByText(`vdc login ${center.url} --token`).waitFor();
    const me = await center.withToken(secret).call(center.local.routes["auth.me"]);
    assert.deepEqual([me.owner, me.projects], [false, { newsroom: "viewer" }]);
    await page.getByRole("button", { name: "I have it" }).click();
    await page.getByRole("button", { name: "Revoke script" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    // Behind an open dialog every cell is hidden, whatever becomes of the token.
    await openDialog(page).waitFor({ state: "hidden" });
    await page.getByRole("cell", { name: "script", exact: true }).waitFor({ state: "hidden" });
    await assert.rejects(center.withToken(secret).call(center.local.routes["auth.me"]));
    assert.deepEqual(complaints, []);
  });

  it("shows the machine live and looks at it again", async () => {
    await using opened = await asOwner();
    const { page, complaints } = opened;
    await page.goto("/machines/test-host");
    await page.getByRole("img", { name: /^CPU, last ten minutes; now all cores/ }).waitFor();
    await page.getByRole("table", { name: "Processes" }).waitFor();
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("dialog", { name: "Operations" }).getByText("succeeded").first().waitFor();
    await page.keyboard.press("Escape");
    await page.goto("/audit");
    await page.getByRole("button", { name: "Verify the chain" }).click();
    await page.getByText("The chain is intact").waitFor();
    assert.deepEqual(complaints, []);
  });
});
