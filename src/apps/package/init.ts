import { VdcError } from "#api/errors.ts";
import { isJsonObject } from "#lib/json.ts";
import { composeFiles, manifestFile, readSource } from "./source.ts";
import type { SourceFolder } from "./disk.ts";

export interface StarterFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The files that make a package of a folder, as it is found: a Node application (package.json), a Python one (requirements.txt or a
 * main file), a Compose file, or nothing, which gets a small server that works. Throws `already-exists` for a folder that is one.
 */
export async function starterFiles(
  source: SourceFolder,
  folderName: string,
): Promise<readonly StarterFile[]> {
  const names = new Set((await source.list(""))?.map(({ name }) => name));
  if (names.has(manifestFile))
    throw new VdcError("already-exists", `There is a ${manifestFile} in the folder already.`);
  const name =
    folderName
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "") || "app";
  const compose = composeFiles.find((file) => names.has(file));
  const found = names.has("package.json") ? await nodeApp(source) : pythonApp(names);
  const serving = compose === undefined ? ["web"] : await servingComponents(source);
  return [
    {
      path: manifestFile,
      text: manifestText(name, found?.version ?? "0.1.0", compose ?? "compose.yaml", serving),
    },
    ...(compose === undefined ? [{ path: "compose.yaml", text: composeText(found ?? emptyApp) }] : []),
    ...(compose === undefined && found === undefined ? [{ path: "server.js", text: serverText }] : []),
    ...(names.has(".vdcignore") ? [] : [{ path: ".vdcignore", text: ignoreText }]),
  ];
}

interface FoundApp {
  readonly command: readonly string[];
  readonly runtime: string;
  readonly version?: string;
}

const emptyApp: FoundApp = { command: ["node", "server.js"], runtime: "node >=24" };

async function servingComponents(source: SourceFolder): Promise<readonly string[]> {
  const { compose } = await readSource(source, undefined);
  return compose.components.flatMap(({ component }) => (component.listens ? [component.name] : []));
}

async function nodeApp(source: SourceFolder): Promise<FoundApp> {
  const bytes = await source.read("package.json", 1024 * 1024);
  let described: unknown;
  try {
    described = JSON.parse(Buffer.from(bytes ?? new Uint8Array(0)).toString("utf8"));
  } catch (cause) {
    throw new VdcError("invalid", "package.json is not JSON.", { cause });
  }
  const { main, scripts, version, engines } = isJsonObject(described) ? described : {};
  const start = isJsonObject(scripts) ? scripts["start"] : undefined;
  // `node server.js` is run as it is: npm between the two would keep signals from the server.
  const plain = typeof start === "string" && /^node\s[\w./ -]+$/.test(start) ? start.split(/\s+/) : undefined;
  const wanted = isJsonObject(engines) && typeof engines["node"] === "string" ? engines["node"] : ">=24";
  return {
    command:
      plain ??
      (start === undefined ? ["node", typeof main === "string" ? main : "index.js"] : ["npm", "start"]),
    runtime: `node ${wanted}`,
    ...(typeof version === "string" && /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version) ? { version } : {}),
  };
}

function pythonApp(names: ReadonlySet<string>): FoundApp | undefined {
  const main = ["main.py", "app.py", "server.py"].find((name) => names.has(name));
  if (main === undefined && !names.has("requirements.txt")) return undefined;
  return { command: ["python3", main ?? "main.py"], runtime: "python >=3.11" };
}

function manifestText(name: string, version: string, compose: string, serving: readonly string[]): string {
  const routes = serving.map(
    (component, at) => `  ${component}: { component: ${component}${at === 0 ? ", primary: true" : ""} }\n`,
  );
  return `apiVersion: vdc.app/v1
# An id of yours for good: a domain that you have, backwards.
id: org.example.${name}
version: ${version}
name: ${JSON.stringify(name)}
compose: ${compose}

# What the person who installs it may choose. Each is a variable of the service, or \${settings.NAME} in the Compose file.
settings: {}

# Where it is served; the component is a service of the Compose file.
${routes.length === 0 ? "routes: {}\n" : `routes:\n${routes.join("")}`}`;
}

function composeText({ command, runtime }: FoundApp): string {
  const environment = runtime.startsWith("node") ? "    environment:\n      NODE_ENV: production\n" : "";
  return `services:
  web:
    command: ${JSON.stringify(command)}
${environment}    restart: always
    x-vdc:
      artifact: .
      runtime: ${JSON.stringify(runtime)}
      # The software listens on the port that the variable PORT names.
      port: 0
      listens: true
`;
}

const serverText = `import { createServer } from "node:http";

const server = createServer((request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(\`Hello from \${process.env.VDC_APP ?? "an app"}\\n\`);
});
server.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? "127.0.0.1");
// Requests that run are finished; then the process may go.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;

const ignoreText = `# What stays out of the package; the language is that of .gitignore.
.env
.env.*
*.log
coverage/
`;
