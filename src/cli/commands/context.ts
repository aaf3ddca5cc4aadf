import { resolve } from "node:path";
import { chooseContext, localContext, unknownContext } from "#cli/contexts/choose.ts";
import {
  configPath,
  loadConfig,
  saveConfig,
  withContext,
  withoutContext,
  type Config,
  type Context,
} from "#cli/contexts/config.ts";
import type { Call } from "#cli/declare.ts";
import { print, printRows } from "#cli/output/print.ts";
import type { CliPorts } from "#cli/ports.ts";
import { UsageError } from "#cli/usage-error.ts";

/** A context without its secret: what is shown. */
type Shown = Omit<Context, "token"> & { readonly current: boolean; readonly signedIn: boolean };

export async function contextList(call: Call): Promise<void> {
  const { config } = await opened(call);
  const items = shownContexts(call, config);
  const rows = items.map((one) => [
    one.current ? "*" : " ",
    one.name,
    one.url ?? `data directory ${one.data ?? "(default)"}`,
    one.user ?? "",
    one.caFingerprint === undefined ? "" : one.caFingerprint.slice(0, 23),
  ]);
  await printRows(
    call,
    { items },
    { headers: ["CURRENT", "NAME", "WHERE", "USER", "PINNED"], rows },
    "no contexts",
  );
}

export async function contextUse(call: Call): Promise<void> {
  const { config, ports } = await opened(call);
  const name = call.words[0] ?? "";
  if (name !== localContext && !config.contexts.some((context) => context.name === name))
    throw unknownContext(name, config);
  await saveConfig(call.io, ports, { ...config, current: name });
  call.io.stderr(`context '${name}' is current\n`);
}

export async function contextShow(call: Call): Promise<void> {
  const { config, ports } = await opened(call);
  const [given] = call.words;
  const current = chooseContext({ context: given }, call.io.env, config).name;
  const found = shownContexts(call, config).find((one) => one.name === current);
  const shown = found ?? {
    name: current,
    url: call.io.env["VDC_URL"],
    current: true,
    signedIn: call.io.env["VDC_TOKEN"] !== undefined,
  };
  await print(call, shown, () => {
    const { name, url, data, user, caFingerprint } = {
      data: undefined,
      user: undefined,
      caFingerprint: undefined,
      ...shown,
    };
    const facts = [
      ["name", name],
      ["where", url ?? ports.controlSocket(data)],
      ["user", user],
      ["signed in", url === undefined ? "not needed" : shown.signedIn ? "yes" : "no"],
      ["pinned", caFingerprint],
      ["file", configPath(call.io, ports)],
    ];
    return facts
      .filter(([, value]) => value !== undefined)
      .map(([label = "", value = ""]) => `${`${label}:`.padEnd(11)}${value}\n`)
      .join("");
  });
}

export async function contextAdd(call: Call): Promise<void> {
  const { config, ports } = await opened(call);
  const name = call.words[0] ?? "";
  const directory = call.flags.text("directory");
  if (directory === undefined)
    throw new UsageError("--directory is missing", "for an address use `vdc login URL`");
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
    throw new UsageError(`'${name.slice(0, 63)}' is not a name`, "use a-z, 0-9 and '-'");
  await saveConfig(call.io, ports, withContext(config, { name, data: resolve(call.io.cwd, directory) }));
  call.io.stderr(`context '${name}' added; \`vdc context use ${name}\` makes it current\n`);
}

export async function contextRemove(call: Call): Promise<void> {
  const { config, ports } = await opened(call);
  const name = call.words[0] ?? "";
  const context = config.contexts.find((one) => one.name === name);
  if (context === undefined) throw unknownContext(name, config);
  await saveConfig(call.io, ports, withoutContext(config, name));
  call.io.stderr(`context '${name}' removed\n`);
  if (context.token !== undefined)
    call.io.stderr("its token was forgotten, not revoked: `vdc token list` there shows it\n");
}

async function opened(call: Call): Promise<{ readonly config: Config; readonly ports: CliPorts }> {
  const ports = await call.io.ports();
  return { config: await loadConfig(call.io, ports), ports };
}

function shownContexts(call: Call, config: Config): readonly Shown[] {
  const current = call.io.env["VDC_CONTEXT"] ?? config.current ?? localContext;
  const shown = config.contexts.map(({ token, ...rest }) => ({
    ...rest,
    current: rest.name === current,
    signedIn: token !== undefined,
  }));
  const local = { name: localContext, current: current === localContext, signedIn: true };
  return shown.some((one) => one.name === localContext) ? shown : [...shown, local];
}
