import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointProblem, isPrivateAddress } from "./endpoint-target.ts";

test("events go to https addresses, and into private networks only where that is allowed", () => {
  const verdict = (url: string, allowPrivate = false) => {
    const problem = endpointProblem(url, allowPrivate);
    return problem === undefined ? "ok" : problem.includes("private network") ? "private" : "refused";
  };
  assert.equal(verdict("https://hooks.example.org/in?token=1"), "ok");
  assert.equal(verdict("https://198.51.100.7:8443/"), "ok");
  for (const url of [
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "file:///etc/passwd",
    "no address",
    "https://user:secret@hooks.example.org/",
    "https://hooks.example.org/#part",
    "http://10.0.0.1/",
  ])
    for (const allow of [false, true]) assert.equal(verdict(url, allow), "refused", url);
  for (const url of [
    "http://127.0.0.1:8080/",
    "http://localhost/",
    "https://[::1]/",
    "https://10.1.2.3/",
    "https://192.168.0.1/",
    // Node writes these as 169.254.169.254 and 127.0.0.1.
    "https://2852039166/latest",
    "https://0x7f.1/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
  ]) {
    assert.equal(verdict(url), "private", url);
    assert.equal(verdict(url, true), "ok", url);
  }
});

test("an address that cannot be read counts as private", () => {
  for (const address of ["", "fe80::1%eth0", "1.2.3", "::", "0.0.0.0", "100.64.0.1", "64:ff9b::a00:1"])
    assert.equal(isPrivateAddress(address), true, address);
  for (const address of ["192.0.2.1", "2001:db8::1", "100.128.0.1"])
    assert.equal(isPrivateAddress(address), false, address);
});
