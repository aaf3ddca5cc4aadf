// A phone that merges in Darkroom and works along: what its tests do to it, to the cluster, and ask of both.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { BrowserContextOptions, CDPSession, Page } from "playwright-core";
import { previewed, type DarkroomWorld } from "./darkroom.ts";
import { waitFor } from "./wait-for.ts";

/** For a machine that is three times slower than ours, and loaded. */
export const patientMs = 120_000;
export const phoneWindow: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
const shots = process.env["DARKROOM_SHOTS"];

export interface AloneWithJob extends Disposable {
  readonly job: string;
  release(): void;
}

export class Phone {
  readonly #world: DarkroomWorld;
  #session: CDPSession | undefined;
  page: Page;

  constructor(world: DarkroomWorld) {
    this.#world = world;
    this.page = world.page;
  }

  /** Another tab is looked at from now on. */
  async take(page: Page): Promise<void> {
    this.page = page;
    this.#session = undefined;
    page.setDefaultTimeout(patientMs);
    // What else runs on the test's machine is no part of a test.
    const session = await this.devTools();
    const metadata = { available: true };
    await session.send("Emulation.setPressureSourceOverrideEnabled", {
      source: "cpu",
      enabled: true,
      metadata,
    });
    await this.feels("nominal");
  }

  /** The Compute Pressure API of this page says so from now on. */
  async feels(state: "nominal" | "critical"): Promise<void> {
    const session = await this.devTools();
    await session.send("Emulation.setPressureStateOverride", { source: "cpu", state });
  }

  /** The page is told of its life (WICG Page Lifecycle) as by a browser. */
  async hears(event: "freeze" | "resume"): Promise<void> {
    await this.page.evaluate(`document.dispatchEvent(new Event("${event}"))`);
  }

  async devTools(): Promise<CDPSession> {
    this.#session ??= await this.page.context().newCDPSession(this.page);
    return this.#session;
  }

  async shot(name: string): Promise<void> {
    if (shots !== undefined) await this.page.screenshot({ path: join(shots, `phone-${name}.png`) });
  }

  /** Opens the dialog with the ways for a merge of some of its photos, by their places: others than before, as what was made once is free. */
  async weigh(merge: string, places?: readonly number[]): Promise<void> {
    const { page } = this;
    const address = new URL(merge);
    if (places !== undefined) {
      const photos = address.searchParams.get("photos")?.split(",") ?? [];
      address.searchParams.set("photos", places.map((place) => photos[place]).join(","));
    }
    if (page.url() !== address.href) await page.goto(address.href);
    await previewed(page);
    await page.getByRole("button", { name: "Merge", exact: true }).tap();
    await page.getByRole("radiogroup", { name: "Where it runs" }).waitFor({ timeout: patientMs });
  }

  /** Accepts the offer for both together; answers the job. */
  async #acceptBoth(): Promise<string> {
    const { page } = this;
    const ways = page.getByRole("radiogroup", { name: "Where it runs" });
    await ways.getByText("Both together").tap();
    await page.getByText("Borrow cores").tap();
    await page.getByLabel(/may lend/).check();
    await page.getByRole("button", { name: /^Accept, for/ }).tap();
    await page.waitForURL(/[?&]job=/, { timeout: patientMs });
    return new URL(page.url()).searchParams.get("job") ?? assert.fail("no job in the address");
  }

  /** Orders a merge of these photos, and is alone with it. */
  async orderAlone(merge: string, places: readonly number[]): Promise<AloneWithJob> {
    await this.weigh(merge, places);
    return await this.acceptAlone();
  }

  /** Accepts the offer for both together. The data center's own worker does nothing before it is released. */
  async acceptAlone(): Promise<AloneWithJob> {
    using begun = new DisposableStack();
    begun.use(await this.holdCluster());
    const job = await this.#acceptBoth();
    const held = begun.move();
    return { job, release: () => held.dispose(), [Symbol.dispose]: () => held.dispose() };
  }

  async saved(): Promise<void> {
    await this.page.getByText(/-HDR\.jpg is in the album/).waitFor({ timeout: patientMs });
  }

  /** This page as the data center sees it. */
  async worker() {
    const { client } = this.#world.center;
    const { workers } = await client.call(client.routes["burst.cluster"], {});
    return workers.find(({ kind, state }) => kind === "browser" && state !== "silent");
  }

  /** Waits until the data center sees this page so. */
  async isWorker(what: string, fits: (worker: NonNullable<Awaited<ReturnType<Phone["worker"]>>>) => boolean) {
    return await waitFor(
      async () => {
        const worker = await this.worker();
        return worker !== undefined && fits(worker) ? worker : undefined;
      },
      { withinMs: patientMs, what },
    );
  }

  async isNoWorker(): Promise<void> {
    await waitFor(async () => ((await this.worker()) === undefined ? true : undefined), {
      withinMs: patientMs,
      what: "the data center does not count on the page any more",
    });
  }

  async job(id: string) {
    const { client } = this.#world.center;
    return await client.call(client.routes["job.get"], { params: { project: "default", job: id } });
  }

  /** Names of the tiles of its picture that are there. */
  async tiles(id: string): Promise<readonly string[]> {
    const { client } = this.#world.center;
    const params = { project: "default", job: id };
    const { items } = await client.call(client.routes["job.results"], { params });
    return items.map(({ name }) => name).filter((name) => !name.includes(" "));
  }

  async pause(id: string): Promise<void> {
    const { client } = this.#world.center;
    await client.call(client.routes["job.pause"], { params: { project: "default", job: id } });
  }

  async resume(id: string): Promise<void> {
    const { client } = this.#world.center;
    await client.call(client.routes["job.resume"], { params: { project: "default", job: id } });
  }

  async ended(id: string) {
    return await waitFor(
      async () => {
        const job = await this.job(id);
        return isOver(job.state) ? job : undefined;
      },
      { withinMs: patientMs, what: "the job ends" },
    );
  }

  /** It ended well, and what it cost was paid once and is no more than its offer said. */
  async paidOnce(id: string): Promise<void> {
    const { client } = this.#world.center;
    const job = await this.ended(id);
    assert.equal(job.state, "succeeded", job.reason ?? "");
    const params = { project: "default", job: id };
    const offer = await client.call(client.routes["offer.show"], {
      params: { project: "default", offer: job.offer ?? "" },
    });
    const price = BigInt(offer.burst.price);
    // What an earlier merge of the project made already is free.
    if (job.remembered === 0) assert.equal(BigInt(job.charged), price);
    else assert.ok(BigInt(job.charged) <= price, `${job.charged} of ${offer.burst.price}`);
    const invoice = await client.call(client.routes["invoice.show"], { params });
    assert.equal(invoice.total, job.charged);
    const entries = await client.call(client.routes["ledger.entries"], {
      params: { project: "default" },
      query: { job: id },
    });
    const posts = entries.items.filter(({ kind }) => kind === "post");
    assert.deepEqual(
      posts.map(({ amount }) => amount),
      [job.charged],
    );
  }

  /** While this is open the data center's own worker does nothing: the page is alone with its job. */
  async holdCluster(): Promise<Disposable> {
    const parts = await this.#world.center.parts();
    const pid = parts.find(({ name }) => name === "worker")?.pid;
    assert.ok(pid !== undefined, `a worker is among ${parts.map(({ name }) => name).join(", ")}`);
    return stopped([pid]);
  }

  /** While this is open no process of the browser runs: a machine asleep. */
  async sleep(): Promise<Disposable> {
    const session = await this.#world.browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    await session.detach();
    return stopped(processInfo.map(({ id }) => id));
  }
}

function isOver(state: string): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

function stopped(pids: readonly number[]): Disposable {
  const tell = (signal: NodeJS.Signals) => {
    for (const pid of pids) process.kill(pid, signal);
  };
  tell("SIGSTOP");
  let isStopped = true;
  return {
    [Symbol.dispose]: () => {
      if (isStopped) tell("SIGCONT");
      isStopped = false;
    },
  };
}
