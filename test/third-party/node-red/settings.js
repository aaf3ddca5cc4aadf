const { readFileSync } = require("node:fs");

const secret = (name) => readFileSync(`/run/secrets/${name}`, "utf8").trim();
const admin = { username: "admin", permissions: "*" };

module.exports = {
  uiHost: "127.0.0.1",
  uiPort: process.env.PORT,
  userDir: "/data",
  flowFile: "flows.json",
  credentialSecret: secret("credential-secret"),
  adminAuth: {
    type: "credentials",
    users: (name) => Promise.resolve(name === "admin" ? admin : null),
    authenticate: (name, password) =>
      Promise.resolve(name === "admin" && password === secret("admin-password") ? admin : null),
  },
  editorTheme: { page: { title: process.env.FLOWS_TITLE } },
  logging: { console: { level: "info", metrics: false, audit: false } },
};
