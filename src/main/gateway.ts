import { runGateway } from "#main/gateway/run-gateway.ts";
import { SecureSide } from "#main/gateway/secure-side.ts";
import { createGateway } from "#traffic/gateway/gateway.ts";

/** A gateway process: the builtin data path behind its listening sockets. Started by `vdc up`, or by its predecessor. */
await runGateway((ports, directory, { name, httpsPort, gateways = 1 }) => {
  const secure = new SecureSide(ports, directory);
  const gateway = createGateway({ ports, name, tlsPort: httpsPort, gateways, http2: secure.http2 });
  secure.leadTo(gateway);
  return { gateway, secure };
});
