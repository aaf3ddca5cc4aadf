import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { routeStatusSchema } from "#api/kinds/route.ts";
import { appFact, certificateFact, instanceFact, placeFact, routeFact } from "#test/support/traffic-facts.ts";
import { planTraffic, type TrafficPlan } from "./plan.ts";
import type { Instance, TrafficFacts } from "./plan/facts.ts";
import { checksumOf } from "./sealed-snapshot.ts";
import { snapshotContentSchema } from "./snapshot.ts";

const toNews = { backends: [{ app: "news", component: "web" }] };
const fingerprint = (digit: string) => digit.repeat(64);

function plan(facts: Partial<TrafficFacts>, place = placeFact): TrafficPlan {
  return planTraffic({ routes: [], apps: [], instances: [], certificates: [], ...facts }, place);
}

function statusOf(planned: TrafficPlan, name: string, project = "default") {
  const found = planned.statuses.find(({ route }) => route.name === name && route.project === project);
  return found?.status;
}

const running = (name: string, status: Instance["status"] = {}, spec = {}) =>
  instanceFact({ name }, spec, { phase: "ready", address: "127.0.0.1", port: 4001, ...status });

describe("the plan of traffic", () => {
  it("tells checks the first host without a wildcard that leads to a component", () => {
    const planned = plan({
      routes: [
        routeFact({ name: "a-wild" }, { hosts: ["*.news.example.org"], ...toNews }),
        routeFact(
          { name: "b-news" },
          { hosts: ["*.x.example.org", "news.localhost", "n.localhost"], ...toNews },
        ),
      ],
      apps: [appFact({ name: "news" })],
    });
    assert.equal(planned.content.pools[0]?.host, "news.localhost");
    assert.deepEqual(snapshotContentSchema.parse(planned.content), planned.content);
  });

  it("leads a route to the instances of its component", () => {
    const planned = plan({
      routes: [routeFact({ name: "news" }, { hosts: ["news.localhost"], ...toNews })],
      apps: [appFact({ name: "news" })],
      instances: [
        running("b", { port: 4002 }),
        running("a"),
        running("drains", {}, { wanted: "draining" }),
        running("starts", { phase: "starting" }),
        running("is-deleted", { phase: "stopping" }),
        running("ends", {}, { wanted: "stopped" }),
        running("failed", { phase: "failed" }),
        running("has-no-port", { port: 0 }),
        running("other", {}, { component: "api" }),
        instanceFact({ name: "pending" }, {}, { phase: "pending" }),
        instanceFact({ project: "else", name: "a" }, {}, { phase: "ready", address: "127.0.0.1", port: 9 }),
      ],
    });
    const [pool] = planned.content.pools;
    assert.deepEqual(
      pool?.members.map(({ name, port, state, group }) => [name, port, state, group]),
      [
        ["default/a", 4001, "active", "1"],
        ["default/b", 4002, "active", "1"],
        ["default/drains", 4001, "draining", "1"],
        ["default/is-deleted", 4001, "draining", "1"],
        ["default/starts", 4001, "active", "1"],
      ],
    );
    assert.equal(pool.holdReason, undefined);
    assert.equal(pool.stopped, false);
    assert.deepEqual(planned.content.routes[0]?.backends, [{ pool: "default/news/web", weight: 100 }]);
    assert.deepEqual(statusOf(planned, "news"), {
      phase: "active",
      urls: ["https://news.localhost:8443/", "http://news.localhost:8080/"],
      observedGeneration: 1,
    });
  });

  it("takes the pool's policy from the first route by name", () => {
    const policy = (maxMs: number) => ({ policy: { hold: { maxMs } } });
    const planned = plan({
      routes: [
        routeFact({ name: "b" }, { hosts: ["b.localhost"], ...toNews, ...policy(2) }),
        routeFact({ name: "a", age: 9 }, { hosts: ["a.localhost"], ...toNews, ...policy(1) }),
      ],
      apps: [appFact({ name: "news" })],
    });
    assert.equal(planned.content.pools.length, 1);
    assert.equal(planned.content.pools[0]?.policy.hold.maxMs, 1);
    assert.equal(planned.content.routes[1]?.policy.hold.maxMs, 2);
  });

  it("gives the releases of a canary their shares, and the rest to the others by their members", () => {
    const releases = (shares: readonly (number | undefined)[]) =>
      shares.map((sharePercent, at) => ({
        release: at + 1,
        wanted: 1,
        ready: 1,
        total: 1,
        ...(sharePercent === undefined ? {} : { sharePercent }),
      }));
    const shares = (instances: readonly Instance[], given: readonly (number | undefined)[]) =>
      plan({
        routes: [routeFact({ name: "news" }, { hosts: ["news.localhost"], ...toNews })],
        apps: [
          appFact(
            { name: "news" },
            { components: [{ name: "web", ready: 2, wanted: 2, releases: releases(given) }] },
          ),
        ],
        instances,
      }).content.pools[0]?.shares;
    const [one, two] = [running("a"), running("b", {}, { release: 2 })];
    assert.deepEqual(shares([one, two], [undefined, 10]), { "1": 90, "2": 10 });
    assert.deepEqual(shares([one, two], [undefined, undefined]), {});
    assert.deepEqual(shares([one], [undefined, 10]), {}, "a share of what has no instance is none");
    const third = running("c", {}, { release: 3 });
    const fourth = running("d", {}, { release: 3 });
    assert.deepEqual(shares([one, two, third, fourth], [undefined, 10]), { "1": 30, "2": 10, "3": 60 });
  });
});

describe("the reason why a request is held", () => {
  const reason = (instances: readonly Instance[], status = {}, spec = {}) =>
    plan({
      routes: [routeFact({ name: "news" }, { hosts: ["news.localhost"], ...toNews })],
      apps: [appFact({ name: "news" }, status, spec)],
      instances,
    }).content.pools[0];

  it("names a crash loop with the last exit, a failure, a start, and a scale of zero", () => {
    const at = "2026-01-01T00:00:00.000Z";
    const crashed = running("news-web-2", {
      phase: "crash-loop",
      lastExit: { at, reason: "exited", code: 1 },
    });
    assert.equal(
      reason([crashed, running("c", { phase: "starting" })])?.holdReason,
      "instance news-web-2 is in a crash loop: exited with status 1",
    );
    assert.equal(
      reason([running("a", { phase: "failed", reason: "there is\r\n no secret x" })])?.holdReason,
      "instance a failed: there is no secret x",
    );
    assert.equal(reason([running("a", { phase: "starting" })])?.holdReason, "the app is starting");
    const none = { components: [{ name: "web", ready: 0, wanted: 0, releases: [] }] };
    assert.equal(reason([], none)?.holdReason, "scaled to zero");
    assert.equal(reason([crashed, running("ready")])?.holdReason, undefined);
    assert.equal(reason([running("d", {}, { wanted: "draining" })])?.holdReason, "the app is starting");
  });

  it("refuses at once what an owner stopped and what does not exist", () => {
    const stopped = reason([], {}, { stopped: true });
    assert.deepEqual([stopped?.stopped, stopped?.holdReason], [true, "the app is stopped"]);
    const planned = plan({ routes: [routeFact({ name: "news" }, { hosts: ["n.localhost"], ...toNews })] });
    assert.equal(planned.content.pools[0]?.stopped, true);
    assert.equal(planned.content.pools[0]?.holdReason, "there is no app news");
    assert.equal(statusOf(planned, "news")?.phase, "no-backend");
    assert.equal(statusOf(planned, "news")?.reason, "there is no app news");
  });

  it("leaves out a backend that leads nowhere while another one serves", () => {
    const backends = [
      { app: "news", component: "web" },
      { app: "gone", component: "web" },
    ];
    const planned = plan({
      routes: [routeFact({ name: "news" }, { hosts: ["n.localhost"], backends })],
      apps: [appFact({ name: "news" })],
    });
    assert.deepEqual(planned.content.routes[0]?.backends, [{ pool: "default/news/web", weight: 100 }]);
    assert.equal(statusOf(planned, "news")?.phase, "active");
    assert.equal(statusOf(planned, "news")?.reason, "there is no app gone");
  });
});

describe("the hosts of routes", () => {
  const news = (project: string, name: string, age: number, hosts: readonly string[], spec = {}) =>
    routeFact({ project, name, age }, { hosts, ...toNews, ...spec });
  const apps = [appFact({ project: "alpha", name: "news" }), appFact({ project: "beta", name: "news" })];

  it("belong to the project whose route is oldest, and the other is not told whose they are", () => {
    const planned = plan({
      apps,
      routes: [
        news("beta", "late", 2, ["a.example.org", "b.example.org"]),
        news("alpha", "early", 1, ["a.example.org"]),
      ],
    });
    assert.deepEqual(
      planned.content.routes.map(({ id, hosts }) => [id, hosts]),
      [
        ["alpha/early", ["a.example.org"]],
        ["beta/late", ["b.example.org"]],
      ],
    );
    const status = statusOf(planned, "late", "beta");
    assert.equal(status?.phase, "conflict");
    assert.equal(status.reason, "a.example.org is taken by another project");
    assert.equal(JSON.stringify(status).includes("alpha"), false);
    assert.deepEqual(status.urls, ["https://b.example.org:8443/", "http://b.example.org:8080/"]);
  });

  it("under another project's older wildcard are refused, and a newer wildcard takes nothing away", () => {
    const planned = plan({
      apps,
      routes: [
        news("beta", "before", 1, ["old.example.org"]),
        news("alpha", "wildcard", 2, ["*.example.org"]),
        news("beta", "after", 3, ["new.example.org", "deep.new.example.org"]),
        news("alpha", "own", 4, ["own.example.org"]),
      ],
    });
    assert.deepEqual(
      planned.content.routes.map(({ id }) => id),
      ["alpha/own", "alpha/wildcard", "beta/before"],
    );
    assert.equal(statusOf(planned, "after", "beta")?.phase, "conflict");
  });

  it("that would be everybody's are nobody's", () => {
    const planned = plan(
      { apps, routes: [news("alpha", "all", 1, ["*.org", "*.apps.example.org", "*.x.org"])] },
      { ...placeFact, domain: "apps.example.org" },
    );
    assert.deepEqual(planned.content.routes[0]?.hosts, ["*.x.org"]);
    assert.equal(statusOf(planned, "all", "alpha")?.phase, "conflict");
  });

  it("are never those of the data center itself, whose cookies a browser would send there", () => {
    const hosts = ["127.0.0.1", "localhost", "10.0.0.9", "0x7f.1", "vdc.example.org", "*.example.org"];
    const planned = plan(
      {
        apps,
        routes: [news("alpha", "all", 1, [...hosts, "news.localhost", "*.vdc.example.org", "v6.org"])],
      },
      { ...placeFact, ownHosts: ["10.0.0.9", "VDC.example.org"] },
    );
    assert.deepEqual(planned.content.routes[0]?.hosts, ["news.localhost", "*.vdc.example.org", "v6.org"]);
    assert.match(statusOf(planned, "all", "alpha")?.reason ?? "", /127\.0\.0\.1 is an address/);
    assert.match(statusOf(planned, "all", "alpha")?.reason ?? "", /vdc\.example\.org is the name/);
  });

  it("may be shared by routes of a project that serve different requests, and by no equal ones", () => {
    const planned = plan({
      apps,
      routes: [
        news("alpha", "root", 1, ["a.org"]),
        news("alpha", "api", 2, ["a.org"], { path: { prefix: "/api" } }),
        news("alpha", "post", 3, ["a.org"], { methods: ["POST"] }),
        news("alpha", "again", 4, ["a.org"]),
      ],
    });
    assert.deepEqual(
      planned.content.routes.map(({ name }) => name),
      ["api", "post", "root"],
    );
    assert.equal(
      statusOf(planned, "again", "alpha")?.reason,
      "route root of this project serves the same requests of a.org",
    );
  });
});

describe("the certificates of a snapshot", () => {
  const hosts = (planned: TrafficPlan) =>
    planned.content.certificates.map((one) => [one.fingerprint[0], one.hosts]);
  const route = (project: string, name: string, host: string) =>
    routeFact({ project, name }, { hosts: [host], ...toNews });

  it("are never served for a name of another project", () => {
    const planned = plan({
      routes: [route("alpha", "a", "a.example.org"), route("beta", "b", "b.example.org")],
      certificates: [
        certificateFact(
          { project: "beta", name: "evil" },
          { hosts: ["a.example.org", "*.example.org"] },
          { fingerprint: fingerprint("1") },
        ),
      ],
    });
    assert.deepEqual(hosts(planned), [["1", ["b.example.org"]]]);
  });

  it("keep a wildcard that stands over names of one project alone", () => {
    const certificate = certificateFact(
      { project: "alpha", name: "w" },
      { hosts: ["*.example.org"] },
      { fingerprint: fingerprint("2") },
    );
    const planned = plan({
      routes: [route("alpha", "a", "a.example.org"), route("beta", "b", "deep.b.example.org")],
      certificates: [certificate],
    });
    assert.deepEqual(hosts(planned), [["2", ["*.example.org"]]]);
  });

  it("prefer what browsers trust, then what is good for longer, and fall back to the data center's own", () => {
    const provided = { issuer: { provided: { chain: "x", keySecret: "k" } } };
    const planned = plan(
      {
        certificates: [
          certificateFact({ name: "own" }, { hosts: ["a.org"] }, { fingerprint: fingerprint("1") }),
          certificateFact(
            { name: "old" },
            { hosts: ["a.org", "b.org"], ...provided },
            {
              fingerprint: fingerprint("2"),
              notAfter: "2026-03-01T00:00:00.000Z",
            },
          ),
          certificateFact(
            { name: "new" },
            { hosts: ["a.org"], ...provided },
            {
              fingerprint: fingerprint("3"),
              notAfter: "2026-09-01T00:00:00.000Z",
            },
          ),
          certificateFact({ name: "none" }, { hosts: ["c.org"] }, {}),
        ],
      },
      { ...placeFact, fallbackCertificate: { hosts: ["*.localhost"], fingerprint: fingerprint("4") } },
    );
    assert.deepEqual(hosts(planned), [
      ["4", ["*.localhost"]],
      ["3", ["a.org"]],
      ["2", ["b.org"]],
    ]);
  });

  it("bring their challenges along, except for names of another project", () => {
    const challenge = (host: string) => ({ host, token: "t", answer: "t.x" });
    const planned = plan({
      routes: [route("alpha", "a", "a.example.org")],
      certificates: [
        certificateFact(
          { project: "beta", name: "c" },
          { hosts: ["b.example.org"] },
          { challenges: [challenge("b.example.org"), challenge("a.example.org")] },
        ),
      ],
    });
    assert.deepEqual(planned.content.challenges, [challenge("b.example.org")]);
  });
});

describe("any plan of traffic", () => {
  const host = fc.constantFrom(
    "a.x.org",
    "b.x.org",
    "*.x.org",
    "*.a.x.org",
    "c.a.x.org",
    "d.localhost",
    "*.org",
  );
  const project = fc.constantFrom("alpha", "beta", "gamma");
  const name = fc.constantFrom("n1", "n2", "n3", "n4");
  const age = fc.nat({ max: 5 });
  const routes = fc.uniqueArray(
    fc
      .record({ project, name, age, hosts: fc.uniqueArray(host, { minLength: 1 }), app: name })
      .map(({ hosts, app, ...named }) => routeFact(named, { hosts, backends: [{ app, component: "web" }] })),
    { selector: (one) => one.id, maxLength: 12 },
  );
  const apps = fc.uniqueArray(
    fc.record({ project, name, age }).map((named) => appFact(named)),
    { selector: (one) => one.id },
  );
  const instances = fc.uniqueArray(
    fc
      .record({
        project,
        name,
        app: name,
        release: fc.integer({ min: 1, max: 3 }),
        wanted: fc.constantFrom("running", "draining", "stopped"),
        phase: fc.constantFrom("starting", "ready", "failed", "crash-loop"),
      })
      .map(({ app, release, wanted, phase, ...named }) =>
        instanceFact(named, { app, release, wanted }, { phase, address: "127.0.0.1", port: 80 }),
      ),
    { selector: (one) => one.id },
  );
  const certificates = fc.uniqueArray(
    fc
      .record({
        project,
        name,
        hosts: fc.uniqueArray(host, { minLength: 1 }),
        digit: fc.constantFrom("1", "2"),
      })
      .map(({ hosts, digit, ...named }) =>
        certificateFact(named, { hosts }, { fingerprint: fingerprint(digit) }),
      ),
    { selector: (one) => one.id },
  );
  const facts = fc.record({ routes, apps, instances, certificates });

  it("fits the schemas, is the same in any order of facts, and serves each host for one project", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { content, statuses } = planTraffic(given, placeFact);
        assert.equal(checksumOf(snapshotContentSchema.parse(content)), checksumOf(content));
        for (const { status } of statuses) routeStatusSchema.parse(status);
        const turned = {
          routes: given.routes.toReversed(),
          apps: given.apps.toReversed(),
          instances: given.instances.toReversed(),
          certificates: given.certificates.toReversed(),
        };
        assert.deepEqual(planTraffic(turned, placeFact).content, content);
        const owners = new Map<string, string>();
        for (const route of content.routes)
          for (const one of route.hosts) {
            assert.equal(owners.get(one) ?? route.project, route.project, one);
            owners.set(one, route.project);
          }
        const served = content.certificates.flatMap((one) => one.hosts);
        assert.equal(new Set(served).size, served.length, "a name has one certificate");
      }),
      { numRuns: 300 },
    );
  });

  it("writes no status twice", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { statuses } = planTraffic(given, placeFact);
        const written = new Map(statuses.map(({ route, status }) => [route.id, status]));
        const after = given.routes.map((route) => ({
          ...route,
          status: written.get(route.id) ?? route.status,
        }));
        assert.deepEqual(planTraffic({ ...given, routes: after }, placeFact).statuses, []);
      }),
    );
  });
});
