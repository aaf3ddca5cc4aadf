import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { roleAtLeast, type Access, type Role } from "#api/access.ts";
import type { KindDefinition } from "#api/kind.ts";
import { kindRegistry, kinds } from "#api/kinds.ts";
import { projectKind } from "#api/kinds/project.ts";
import type { Problem } from "#api/problem.ts";
import { allResourceRoutes, type ResourceVerb } from "#api/resource-routes.ts";
import type { Route } from "#api/route.ts";
import { fixedRoutes } from "#api/routes.ts";
import { methodsOf } from "./not-found.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { gadgetKind, widgetKind } from "#test/support/widget-kind.ts";

/**
 * Every route of the contract, called by everybody. What must come out is computed from the contract's rules, so a
 * new route or kind is covered without touching this file, and a route whose rule is not enforced fails.
 *
 * Every call carries a query key that no route knows: a call that is let in ends there (`invalid`, naming the key)
 * before it does anything, and one that is refused ends sooner.
 */
const registry = kindRegistry([...kinds.values(), widgetKind, gadgetKind]);

interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly known: boolean;
  readonly owner: boolean;
  /** In the project that the paths name. */
  readonly role?: Role;
}

interface Covered {
  readonly route: Route;
  readonly kind?: KindDefinition;
  readonly verb?: ResourceVerb;
}

const covered: readonly Covered[] = [
  ...Object.values(fixedRoutes).map((route) => ({ route })),
  ...allResourceRoutes(registry),
];

let dc: TestDataCenter;
let callers: readonly Caller[];

before(async () => {
  dc = await startDataCenter({
    kinds: [widgetKind, gadgetKind],
    serverLimits: { anonymousBurst: 100_000 },
  });
  for (const name of ["shop", "other"]) await dc.local.apply(projectKind, { name, spec: {} });
  callers = await makeCallers();
});
after(async () => await dc.stop());

async function makeCallers(): Promise<Caller[]> {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const made: Caller[] = [
    { name: "nobody", headers: {}, known: false, owner: false },
    { name: "a made-up token", headers: bearer(`vdct_${"x".repeat(43)}`), known: false, owner: false },
  ];
  for (const role of ["viewer", "operator", "admin"] as const) {
    const user = await dc.user(role, { projects: { shop: role } });
    made.push({
      name: `${role} of the project`,
      headers: bearer(user.token),
      known: true,
      owner: false,
      role,
    });
    const session = await dc.plane.auth.withPassword(
      { user: role, password: user.password },
      { address: "test" },
    );
    const headers = { cookie: `vdc-session=${session.secret}`, "sec-fetch-site": "same-origin" };
    made.push({ name: `${role} of the project, by cookie`, headers, known: true, owner: false, role });
  }
  const foreign = await dc.user("foreign", { projects: { other: "admin" } });
  made.push({ name: "admin of another project", headers: bearer(foreign.token), known: true, owner: false });
  const lonely = await dc.user("lonely");
  made.push({ name: "member of nothing", headers: bearer(lonely.token), known: true, owner: false });
  const owner = await dc.user("root", { owner: true });
  made.push({ name: "owner", headers: bearer(owner.token), known: true, owner: true });
  const scoped = async (name: string, scope: { readonly project?: string; readonly role?: Role }) =>
    (await owner.client.call(fixedRoutes["token.create"], { body: { name, ...scope } })).secret;
  const limited = { known: true, owner: false };
  made.push(
    {
      name: "owner's token for the project",
      headers: bearer(await scoped("p", { project: "shop" })),
      ...limited,
      role: "admin",
    },
    {
      name: "owner's token for another project",
      headers: bearer(await scoped("o", { project: "other" })),
      ...limited,
    },
    {
      name: "owner's token for viewing",
      headers: bearer(await scoped("v", { role: "viewer" })),
      ...limited,
      role: "viewer",
    },
  );
  return made;
}

/** What the rules say: the error that refuses, or `allowed`. */
function expected({ route, kind, verb }: Covered, caller: Caller): string {
  const decision = decide(route.access, caller);
  if (verb !== "apply" || kind === undefined || decision !== "not-found") return decision;
  // Apply is also how things are made: without any role it is the rule for making that answers.
  return kind.access.create === kind.access.change ? decision : decide(kind.access.create, caller);
}

function decide(access: Access, caller: Caller): string {
  if (access.rule === "public") return "allowed";
  if (!caller.known) return "unauthenticated";
  if (access.rule === "signed-in" || access.rule === "filtered" || caller.owner) return "allowed";
  if (access.rule === "owner") return "forbidden";
  if (caller.role === undefined) return "not-found";
  return roleAtLeast(caller.role, access.role) ? "allowed" : "forbidden";
}

const ids: Readonly<Record<string, string>> = {
  session: "x",
  token: "x",
  digest: `sha256:${"0".repeat(64)}`,
  sha256: "0".repeat(64),
  package: "0".repeat(64),
};
const unknownKey = "no-such-key";

async function actual({ route }: Covered, caller: Caller): Promise<string> {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "shop");
  const response = await fetch(`${dc.url}${path}?${unknownKey}=1`, {
    method: route.method,
    headers: { ...caller.headers },
    redirect: "manual",
  });
  if (response.status === 302) return "allowed"; // the end of an OpenID Connect sign-in takes any query
  const problem = (await response.json()) as Problem; // every refusal is one
  const isLetIn = problem.code === "invalid" && problem.errors.some((field) => field.path === unknownKey);
  return isLetIn ? "allowed" : problem.code;
}

describe("every route × every caller", () => {
  for (const one of covered) {
    test(`${one.route.id} (${one.route.access.rule}) is open to whom its rule names, and to nobody else`, async () => {
      const wrong: string[] = [];
      for (const caller of callers) {
        const [got, wanted] = [await actual(one, caller), expected(one, caller)];
        if (got !== wanted) wrong.push(`${caller.name}: ${got} instead of ${wanted}`);
      }
      assert.deepEqual(wrong, []);
    });
  }
});

test("every route has a rule, and a public one says why", () => {
  for (const { route } of covered) {
    assert.ok(route.access.rule);
    if (route.access.rule === "public") assert.ok(route.access.why.length > 10, route.id);
  }
});

test("an address takes no other methods than the contract's, and says which it takes", async () => {
  const methods = ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"] as const;
  for (const path of new Set(covered.map(({ route }) => route.path))) {
    // `packages/upload` is also the address of a package of that name.
    const taken = methodsOf(
      covered.map(({ route }) => route),
      path.replaceAll(/\{\w+\}/g, "shop"),
    );
    for (const method of methods.filter((one) => !taken.some((known) => known === one))) {
      const response = await fetch(dc.url + path.replaceAll(/\{\w+\}/g, "shop"), { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.deepEqual((response.headers.get("allow") ?? "").split(", ").toSorted(), taken.toSorted());
      assert.equal(((await response.json()) as Problem).code, "method-not-allowed");
    }
  }
});
