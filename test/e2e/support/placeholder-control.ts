import { createServer } from "node:net";

/**
 * Stands in for control in the supervisor's tests: listens where it is told, says that it is ready, ends when its channel closes.
 * `VDC_PLACEHOLDER` makes it misbehave: `crash`, `fail`, `silent` or `stubborn`.
 */
const config = JSON.parse(process.env["VDC_CONTROL_CONFIG"] ?? "{}") as {
  listen: { host: string; port: number };
};
const behaviour = process.env["VDC_PLACEHOLDER"] ?? "well";

process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  if (behaviour !== "stubborn") process.exit(0);
});
console.log(
  JSON.stringify({
    level: "info",
    time: new Date().toISOString(),
    part: "control",
    msg: "placeholder.started",
    behaviour,
  }),
);
if (behaviour === "crash") process.exit(3);
if (behaviour === "fail") {
  process.send?.({
    type: "failed",
    code: "unsupported",
    message: "it cannot be done",
    remedy: "Do something else.",
  });
} else {
  const server = createServer().listen(config.listen.port, config.listen.host, () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const url = `http://${config.listen.host}:${port}`;
    if (behaviour !== "silent")
      process.send?.({
        type: "ready",
        url,
        signInLink: `${url}/sign-in#link=only-once`,
        notes: ["placeholder"],
      });
  });
}
