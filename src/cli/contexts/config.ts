import { join } from "node:path";
import { z } from "zod";
import { VdcError } from "#api/errors.ts";
import { nameSchema } from "#api/names.ts";
import { parseInput } from "#api/validate.ts";
import { yamlText } from "#cli/output/structured.ts";
import type { CliIo } from "#cli/io.ts";
import type { CliPorts } from "#cli/ports.ts";

const maxContexts = 200;
const maxConfigBytes = 1024 * 1024;

const fingerprintSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, "write it as sha256: and 64 hex digits");

const contextSchema = z
  .strictObject({
    name: nameSchema,
    url: z.url({ protocol: /^https?$/ }).optional(),
    data: z.string().min(1).optional(),
    user: z.string().optional(),
    token: z.string().min(1).optional(),
    caFingerprint: fingerprintSchema.optional(),
  })
  .refine((context) => (context.url === undefined) !== (context.data === undefined), {
    message: "a context has either `url` or `data`",
  });

const configSchema = z.strictObject({
  current: nameSchema.optional(),
  contexts: z.array(contextSchema).max(maxContexts).default([]),
});

/** One data center as the configuration knows it. `data` is a data directory on this machine. */
export type Context = z.infer<typeof contextSchema>;
export type Config = z.infer<typeof configSchema>;

/** `$XDG_CONFIG_HOME/vdc/config.yaml`, else `~/.config/vdc/config.yaml`. */
export function configPath(io: CliIo, ports: CliPorts): string {
  const given = io.env["XDG_CONFIG_HOME"];
  const base = given === undefined || !given.startsWith("/") ? join(homeOf(io, ports), ".config") : given;
  return join(base, "vdc", "config.yaml");
}

/** The configuration; an empty one when there is no file. Closes a file that others can read and that holds tokens. */
export async function loadConfig(io: CliIo, ports: CliPorts): Promise<Config> {
  const path = configPath(io, ports);
  const file = await ports.files.readText(path, maxConfigBytes);
  if (file === undefined) return { contexts: [] };
  const config = await parseConfig(file.text, path);
  if ((file.mode & 0o077) !== 0 && config.contexts.some((context) => context.token !== undefined)) {
    await ports.files.writePrivateText(path, file.text);
    io.stderr(
      `warning: others could read ${path}, which holds tokens; it is private now. ` +
        "Revoke the tokens if somebody may have: `vdc token list`.\n",
    );
  }
  return config;
}

export async function saveConfig(io: CliIo, ports: CliPorts, config: Config): Promise<void> {
  const head = "# Written by vdc: the data centers it talks to. Holds tokens: keep it private.\n";
  await ports.files.writePrivateText(configPath(io, ports), head + (await yamlText(config)));
}

export function withContext(config: Config, context: Context): Config {
  const others = config.contexts.filter((other) => other.name !== context.name);
  return { ...config, contexts: [...others, context] };
}

export function withoutContext(config: Config, name: string): Config {
  const contexts = config.contexts.filter((other) => other.name !== name);
  const { current, ...rest } = config;
  return current === name || current === undefined ? { ...rest, contexts } : { ...rest, current, contexts };
}

async function parseConfig(text: string, path: string): Promise<Config> {
  const { parse } = await import("yaml");
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (cause) {
    throw new VdcError("invalid", `${path} is not YAML.`, { cause });
  }
  return parseInput(configSchema, value, path);
}

function homeOf(io: CliIo, ports: CliPorts): string {
  const home = io.env["HOME"];
  return home === undefined || home === "" ? ports.homeDirectory : home;
}
