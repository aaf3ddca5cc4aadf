import assert from "node:assert/strict";
import { test } from "node:test";
import { consoleOrigins } from "./console-origins.ts";

test("the console's origins are loopback and the named hosts, at its port or behind a proxy", () => {
  assert.deepEqual(consoleOrigins({ host: "127.0.0.1", port: 8440, hosts: ["vdc.example.org"] }), [
    "http://127.0.0.1:8440",
    "http://localhost:8440",
    "http://[::1]:8440",
    "http://vdc.example.org:8440",
    "https://vdc.example.org",
  ]);
});

test("the console's origins name no port that is the scheme's own, and any where none is chosen", () => {
  const tls = "self-signed" as const;
  assert.ok(consoleOrigins({ host: "::", port: 443, tls, hosts: [] }).includes("https://localhost"));
  assert.ok(consoleOrigins({ host: "localhost", port: 0, hosts: [] }).includes("http://localhost:*"));
});
