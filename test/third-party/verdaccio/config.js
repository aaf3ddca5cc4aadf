const { readFileSync } = require("node:fs");

module.exports = {
  storage: "/data/storage",
  listen: `127.0.0.1:${process.env.PORT}`,
  secret: readFileSync("/run/secrets/token-secret", "utf8").trim(),
  web: { title: process.env.REGISTRY_TITLE },
  auth: {
    htpasswd: { file: "/data/htpasswd", max_users: process.env.REGISTRY_SIGN_UP === "true" ? 1000 : -1 },
  },
  packages: { "**": { access: "$all", publish: "$authenticated", unpublish: "$authenticated" } },
  log: { type: "stdout", format: "json", level: "http" },
};
