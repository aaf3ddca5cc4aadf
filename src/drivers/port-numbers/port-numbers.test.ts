import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { freePortNumber, instancePorts } from "#drivers/port-numbers/port-numbers.ts";
import { systemRandom } from "#lib/random.ts";

describe("port numbers", () => {
  it("gives ports of the range, and none that is taken", async () => {
    const taken = new Set<number>();
    for (let count = 0; count < 20; count += 1) {
      const port = await freePortNumber(taken, systemRandom);
      assert.ok(port !== undefined && port >= instancePorts.first && port <= instancePorts.last);
      assert.ok(!taken.has(port));
      taken.add(port);
    }
  });

  it("passes by a port that a program listens on at any address", async (test) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    test.after(() => server.close());
    const address = server.address();
    assert.ok(address !== null && typeof address !== "string");
    const only = { first: address.port, last: address.port };
    assert.equal(await freePortNumber(new Set(), systemRandom, only), undefined);
  });
});
