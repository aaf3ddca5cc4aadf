import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { trafficPolicySchema, type RouteSpec } from "#api/kinds/route.ts";
import { poolSpec, seededRandom } from "#test/support/gateway-pool.ts";
import type { SnapshotRoute } from "../../snapshot.ts";
import { canonicalPath } from "./path-readings.ts";
import { chooseBackend, compileRouter } from "./router.ts";

function route(id: string, more: Partial<Omit<SnapshotRoute, "id">> = {}): SnapshotRoute {
  return {
    id,
    project: "default",
    name: id,
    hosts: ["shop.example.org"],
    path: { prefix: "/" },
    headers: [],
    methods: [],
    backends: [{ pool: "default/shop/web", weight: 100 }],
    requestHeaders: { set: {}, remove: [] },
    responseHeaders: { set: {}, remove: [] },
    policy: trafficPolicySchema.parse({}),
    ...more,
  };
}

function routerOf(...routes: SnapshotRoute[]) {
  const pools = [...new Set(routes.flatMap((one) => one.backends.map(({ pool }) => pool)))];
  return compileRouter({ routes, pools: pools.map((id) => poolSpec({ id })) });
}

function matchOf(
  router: ReturnType<typeof routerOf>,
  path: string,
  more: { host?: string; method?: string; headers?: Record<string, string> } = {},
): string {
  const found = router.match(
    more.host ?? "shop.example.org",
    path,
    more.method ?? "GET",
    (name) => more.headers?.[name],
  );
  if (found.kind === "route") return found.route.id;
  return [found.status, found.why, found.allow].filter(Boolean).join(" ");
}

describe("routing by host", () => {
  const router = routerOf(
    route("exact", { hosts: ["a.b.example.org"], path: { prefix: "/only" } }),
    route("long", { hosts: ["*.b.example.org"] }),
    route("short", { hosts: ["*.example.org"] }),
  );

  test("an exact host wins over a wildcard, and a longer wildcard over a shorter one", () => {
    assert.equal(matchOf(router, "/only", { host: "a.b.example.org" }), "exact");
    assert.equal(matchOf(router, "/", { host: "c.b.example.org" }), "long");
    assert.equal(matchOf(router, "/", { host: "x.y.b.example.org" }), "long");
    assert.equal(matchOf(router, "/", { host: "c.example.org" }), "short");
  });

  test("a host that is known has all its paths: a wildcard adds none", () => {
    assert.equal(matchOf(router, "/other", { host: "a.b.example.org" }), "404 unknown-path");
  });

  test("a wildcard is not for the name below which it stands, nor for names that only end like it", () => {
    assert.equal(matchOf(router, "/", { host: "example.org" }), "404 unknown-host");
    assert.equal(matchOf(router, "/", { host: "notexample.org" }), "404 unknown-host");
  });

  test("a host of thousands of dots is answered at once", () => {
    assert.equal(matchOf(router, "/", { host: ".".repeat(100_000) }), "404 unknown-host");
  });
});

describe("routing by path", () => {
  const router = routerOf(
    route("root"),
    route("shop", { path: { prefix: "/shop" } }),
    route("cart", { path: { prefix: "/shop/cart/" } }),
    route("exactly", { path: { exact: "/shop/cart" } }),
  );

  test("a prefix ends where a segment ends, the longest wins, and an exact path wins over all", () => {
    assert.equal(matchOf(router, "/"), "root");
    assert.equal(matchOf(router, "/shopping"), "root");
    assert.equal(matchOf(router, "/shop"), "shop");
    assert.equal(matchOf(router, "/shop/"), "shop");
    assert.equal(matchOf(router, "/shop/x/y"), "shop");
    assert.equal(matchOf(router, "/shop/cart"), "exactly");
    assert.equal(matchOf(router, "/shop/cart/"), "cart");
    assert.equal(matchOf(router, "/shop/cart/3"), "cart");
    assert.equal(matchOf(router, "/shop/carton"), "shop");
    assert.equal(matchOf(router, "*", { method: "OPTIONS" }), "root");
  });

  test("a letter that was escaped for nothing is that letter", () => {
    assert.equal(matchOf(router, "/%73hop/x"), "shop");
    assert.equal(matchOf(router, "/sh%6Fp"), "shop");
    assert.equal(matchOf(router, "/caf%C3%A9"), "root");
  });

  for (const path of [
    "/x/../shop",
    "/x/%2e%2e/shop",
    "/x/.%2E/shop",
    "/shop/..",
    "/shop/../x",
    "/shop/..;/x",
    "/shop;a=1/x",
    "//shop",
    "/./shop",
    "/shop%2fx/../..",
    "/x%2f..%2fshop",
    "/x%5c..%5cshop",
    "/x\\..\\shop",
    "/shop%2Fx",
  ])
    test(`a path that can be read as one of another route is refused: ${path}`, () => {
      assert.equal(matchOf(router, path), "400 path-ambiguous");
    });

  test("an odd path goes its way when every reading of it leads to the same route", () => {
    for (const path of ["/shop/a/../b", "/shop//x", "/shop/@scope%2fname", "/shop/a;b=c", "/shop/./x"])
      assert.equal(matchOf(router, path), "shop", path);
    const single = routerOf(route("all"));
    for (const path of ["/a/../b", "//", "/%2e%2e/x", "/a%2Fb", "/\\"])
      assert.equal(matchOf(single, path), "all", path);
  });

  test("an odd path that is too long to be read in every way is refused, and a plain one of any length is not", () => {
    assert.equal(matchOf(router, `/shop/${"a/../".repeat(1_000)}`), "400 path-ambiguous");
    assert.equal(matchOf(router, `/shop/${"caf%C3%A9/".repeat(1_000)}`), "shop");
  });

  test("no spelling of dots, slashes and escapes passes a request from one route to the other unnoticed", () => {
    const piece = fc.constantFrom(
      "/",
      "//",
      ".",
      "..",
      "%2e",
      "%2F",
      "%5c",
      "\\",
      ";x",
      "shop",
      "a",
      "%73hop",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = `/${pieces.join("")}`;
        const found = matchOf(router, path);
        const read = readAsFilesystem(path);
        if (found === "400 path-ambiguous") return;
        assert.equal(
          found === "root",
          !(read === "/shop" || read.startsWith("/shop/")),
          `${path} reads as ${read}`,
        );
      }),
      { numRuns: 3_000 },
    );
  });
});

/** As a server that decodes everything and then walks segment by segment. */
function readAsFilesystem(path: string): string {
  const kept: string[] = [];
  for (const segment of decodeURIComponent(path).replaceAll("\\", "/").split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") kept.pop();
    else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

describe("the canonical path", () => {
  test("is what a plain replacement of escapes makes of it, also when they are broken", () => {
    const piece = fc.oneof(
      fc.constantFrom("%", "%4", "%zz", "%41", "%c3%a9", "%2f", "%2E", "/", "a"),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const path = pieces.join("");
        const plain = path.replace(/%([0-9a-fA-F]{2})/g, (whole: string, hex: string) => {
          const character = String.fromCharCode(Number.parseInt(hex, 16));
          return /[A-Za-z0-9_~-]/.test(character) ? character : whole.toUpperCase();
        });
        assert.equal(canonicalPath(path), plain);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("routing by header and method", () => {
  const router = routerOf(
    route("any"),
    route("beta", { headers: [{ name: "x-beta" }] }),
    route("blue", { headers: [{ name: "x-beta", value: "blue" }] }),
    route("reads", { path: { prefix: "/api" }, methods: ["GET", "HEAD"] }),
    route("writes", { path: { prefix: "/api" }, methods: ["POST"], headers: [{ name: "x-token" }] }),
  );

  test("more conditions win, a value wins over any value, and without them the route without is taken", () => {
    assert.equal(matchOf(router, "/"), "any");
    assert.equal(matchOf(router, "/", { headers: { "x-beta": "green" } }), "beta");
    assert.equal(matchOf(router, "/", { headers: { "x-beta": "blue" } }), "blue");
  });

  test("a path whose routes do not fit falls to a shorter one", () => {
    assert.equal(matchOf(router, "/api/x"), "reads");
    assert.equal(matchOf(router, "/api/x", { method: "DELETE" }), "any");
    assert.equal(matchOf(router, "/api/x", { method: "POST", headers: { "x-token": "1" } }), "writes");
  });

  test("a method that no route takes is told which ones are taken, of those whose other conditions fit", () => {
    const strict = routerOf(
      route("b", { path: { prefix: "/a" }, methods: ["PUT"] }),
      route("a", { path: { prefix: "/a/b" }, methods: ["GET", "HEAD"] }),
      route("c", { path: { prefix: "/a" }, methods: ["PATCH"], headers: [{ name: "x-patch" }] }),
    );
    assert.equal(matchOf(strict, "/a/b", { method: "POST" }), "405 method-not-allowed GET, HEAD, PUT");
    assert.equal(matchOf(strict, "/b", { method: "POST" }), "404 unknown-path");
  });

  test("routes that are equal are told apart by their ids, in whatever order they come", () => {
    assert.equal(matchOf(routerOf(route("b"), route("a")), "/"), "a");
    assert.equal(matchOf(routerOf(route("a"), route("b")), "/"), "a");
  });
});

describe("routing to backends", () => {
  test("backends get requests by their weights, and one of weight 0 gets none", () => {
    const router = routerOf(
      route("split", {
        backends: [
          { pool: "none", weight: 0 },
          { pool: "most", weight: 90 },
          { pool: "some", weight: 10 },
        ],
      }),
    );
    const found = router.match("shop.example.org", "/", "GET", () => undefined);
    assert(found.kind === "route");
    const counts = new Map<string | undefined, number>();
    const random = seededRandom(7);
    for (let n = 0; n < 10_000; n += 1) {
      const pool = chooseBackend(found, random);
      counts.set(pool, (counts.get(pool) ?? 0) + 1);
    }
    assert.deepEqual(new Set(counts.keys()), new Set(["most", "some"]));
    assert(Math.abs((counts.get("some") ?? 0) - 1_000) < 120, `some got ${counts.get("some")}`);
  });

  test("a route all of whose backends weigh nothing leads nowhere", () => {
    const router = routerOf(route("off", { backends: [{ pool: "p", weight: 0 }] }));
    const found = router.match("shop.example.org", "/", "GET", () => undefined);
    assert(found.kind === "route");
    assert.equal(chooseBackend(found, seededRandom(1)), undefined);
  });

  test("content that makes no sense is refused whole", () => {
    assert.throws(() => compileRouter({ routes: [route("a")], pools: [] }), /every backend/);
    assert.throws(() => routerOf(route("a"), route("a")), /each route once/);
  });
});

describe("the router and a plain reading of its rules", () => {
  test("agree for every set of routes and every request", () => {
    const path = fc.constantFrom<RouteSpec["path"]>(
      { prefix: "/" },
      { prefix: "/a" },
      { prefix: "/a/b" },
      { exact: "/a" },
      { exact: "/a/b" },
    );
    const host = fc.constantFrom("example.org", "*.example.org", "x.example.org", "*.x.example.org");
    const conditions = fc.record({
      hosts: fc.array(host, { minLength: 1, maxLength: 2 }),
      path,
      methods: fc.subarray(["GET", "POST"]),
      headers: fc.constantFrom<SnapshotRoute["headers"]>(
        [],
        [{ name: "x-a" }],
        [{ name: "x-a", value: "1" }],
      ),
    });
    const asked = fc.record({
      host: fc.constantFrom("example.org", "x.example.org", "y.x.example.org", "z.example.org", "other.org"),
      path: fc.constantFrom("/", "/a", "/ab", "/a/b", "/a/b/c", "/b"),
      method: fc.constantFrom("GET", "POST", "PUT"),
      header: fc.constantFrom(undefined, "1", "2"),
    });
    fc.assert(
      fc.property(fc.array(conditions, { maxLength: 8 }), asked, (all, request) => {
        const routes = all.map((one, index) => route(`r${index}`, one));
        const found = routerOf(...routes).match(
          request.host,
          request.path,
          request.method,
          () => request.header,
        );
        const expected = plainMatch(routes, request);
        assert.equal(found.kind === "route" ? found.route.id : undefined, expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

function plainMatch(
  routes: readonly SnapshotRoute[],
  asked: { host: string; path: string; method: string; header: string | undefined },
): string | undefined {
  const covers = (pattern: string) =>
    pattern.startsWith("*.") ? asked.host.endsWith(pattern.slice(1)) : pattern === asked.host;
  const rank = (pattern: string) => (pattern.startsWith("*.") ? pattern.length : 1_000);
  const best = routes.flatMap((one) => one.hosts.filter(covers)).toSorted((a, b) => rank(b) - rank(a))[0];
  const pathRank = ({ path }: SnapshotRoute) =>
    path.exact === undefined ? (path.prefix ?? "").length : 10_000;
  const headerRank = ({ headers }: SnapshotRoute) =>
    headers.length * 10 + headers.filter((one) => one.value !== undefined).length;
  const fits = (one: SnapshotRoute) => {
    const { exact, prefix = "" } = one.path;
    const trimmed = prefix.replace(/\/$/, "");
    const pathFits =
      exact === undefined
        ? asked.path === trimmed || asked.path.startsWith(`${trimmed}/`)
        : exact === asked.path;
    const methodFits = one.methods.length === 0 || one.methods.includes(asked.method);
    const headersFit = one.headers.every(
      ({ value }) => asked.header !== undefined && (value === undefined || value === asked.header),
    );
    return pathFits && methodFits && headersFit;
  };
  const fitting = routes
    .filter((one) => best !== undefined && one.hosts.includes(best) && fits(one))
    .toSorted(
      (a, b) =>
        pathRank(b) - pathRank(a) ||
        headerRank(b) - headerRank(a) ||
        (a.methods.length || 99) - (b.methods.length || 99) ||
        (a.id < b.id ? -1 : 1),
    );
  return fitting[0]?.id;
}
