import { VdcError } from "#api/errors.ts";
import type { Call } from "#cli/declare.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { paintFor } from "#cli/output/paint.ts";
import { print } from "#cli/output/print.ts";
import { renderTable, type Table } from "#cli/output/table.ts";
import { bytesText, countText } from "#cli/output/units.ts";
import type { CliPackageTools, PackageFacts } from "#cli/package-ports.ts";
import { UsageError } from "#cli/usage-error.ts";

/** `vdc package init [FOLDER]`. */
export async function packageInit(call: Call): Promise<void> {
  const tools = await toolsOf(call);
  const folder = call.words[0] ?? ".";
  const { written } = await tools.init(folder);
  await print(call, { written }, () => written.map((path) => `wrote ${harmlessLine(path)}\n`).join(""));
  call.io.stderr(`next: vdc package build ${folder}\n`);
}

/** `vdc package build [FOLDER] [-o FILE]`. */
export async function packageBuild(call: Call): Promise<void> {
  const tools = await toolsOf(call);
  const out = call.flags.text("out");
  const built = await tools.build(call.words[0] ?? ".", { out, signal: call.io.signal });
  for (const note of built.notes) call.io.stderr(`note: ${harmlessLine(note)}\n`);
  for (const warning of built.warnings) call.io.stderr(`warning: ${harmlessLine(warning)}\n`);
  await print(call, built, () => {
    const layers = built.layers.map(({ component, files, bytes }) => [
      component,
      String(files),
      bytesText(bytes),
    ]);
    return [
      `${built.id} ${built.version}\n`,
      `file    ${harmlessLine(built.file)} (${bytesText(built.sizeBytes)})\n`,
      `digest  ${built.digest}\n\n`,
      shownTable(call, { headers: ["COMPONENT", "FILES", "SIZE"], rows: layers }),
    ].join("");
  });
}

/** `vdc package inspect FILE`. */
export async function packageInspect(call: Call): Promise<void> {
  const tools = await toolsOf(call);
  const facts = await tools.inspect(archiveOf(call), call.io.signal);
  await print(call, facts, () => factsText(call, facts));
}

/** `vdc package verify FILE [--key KEY]...`: exit 0 only when it is whole, and signed by one of the keys when some are given. */
export async function packageVerify(call: Call): Promise<void> {
  const tools = await toolsOf(call);
  const keys = call.flags.list("key");
  const facts = await tools.inspect(archiveOf(call), call.io.signal);
  const signer = facts.signedBy.find(
    ({ publicKey, keyId }) => keys.includes(publicKey) || keys.includes(keyId),
  );
  if (keys.length > 0 && signer === undefined) {
    const who =
      facts.signedBy.length === 0
        ? "nobody signed it"
        : `signed by ${facts.signedBy.map(({ keyId }) => keyId).join(", ")}`;
    throw new VdcError("forbidden", `The package is whole, but none of these keys signed it: ${who}.`, {
      extra: { remedy: "Do not use it before you know who made it." },
    });
  }
  const { digest, id, version, signedBy } = facts;
  await print(call, { digest, id, version, signedBy, whole: true }, () => {
    const signed = signedBy.map(
      ({ keyId, publicKey }) => `signed by ${publicKey} (${keyId.slice(0, 19)}…)\n`,
    );
    return `${id} ${version} is whole: ${digest}\n${signed.length === 0 ? "not signed\n" : signed.join("")}`;
  });
}

/** `vdc package sign FILE --key FILE`. */
export async function packageSign(call: Call): Promise<void> {
  const tools = await toolsOf(call);
  const [keyFile, ...more] = call.flags.list("key");
  if (keyFile === undefined || more.length > 0)
    throw new UsageError(
      "signing needs one private key",
      "add --key FILE; `vdc package keygen FILE` makes one",
    );
  const signed = await tools.sign(archiveOf(call), keyFile, call.io.signal);
  await print(call, signed, () => `signed ${signed.digest} with key ${signed.keyId}\n`);
}

/** `vdc package keygen FILE`: the private key goes into the file, the public one to stdout. */
export async function packageKeygen(call: Call): Promise<void> {
  const tools = await toolsOf(call);
  const file = archiveOf(call);
  const made = await tools.keygen(file);
  await print(call, made, () => `${made.publicKey}\n`);
  call.io.stderr(`the private key is in ${harmlessLine(file)}; keep it, and give others the line above\n`);
  call.io.stderr("to trust it: put the line into spec.packages.keys of a project\n");
}

async function toolsOf(call: Call): Promise<CliPackageTools> {
  return (await call.io.ports()).packageTools;
}

function archiveOf(call: Call): string {
  return call.words[0] ?? "";
}

function shownTable(call: Call, table: Table): string {
  return renderTable(table, { headers: true, paint: paintFor(call.io, "stdout") });
}

function factsText(call: Call, facts: PackageFacts): string {
  const { components, settings, routes, libraries, signedBy } = facts;
  const table = (headers: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? "" : `\n${shownTable(call, { headers, rows })}`;
  return [
    `${facts.id} ${facts.version}  ${harmlessLine(facts.name)}\n`,
    `digest   ${facts.digest}\n`,
    `size     ${bytesText(facts.sizeBytes)}; ${countText(facts.entries, "entry", "entries")} with ${bytesText(facts.unpackedBytes)}\n`,
    `licence  ${facts.licence ?? "not said"}\n`,
    `hooks    ${facts.hooks.length === 0 ? "none" : facts.hooks.join(", ")}\n`,
    `signed   ${signedBy.length === 0 ? "no" : signedBy.map(({ publicKey }) => publicKey).join(", ")}\n`,
    table(
      ["COMPONENT", "ENGINES", "RUNTIME", "PORT", "VOLUMES", "REPLICAS", "COMMAND"],
      components.map((one) => [
        one.name,
        one.engines.join(","),
        one.runtime,
        one.port === undefined ? "" : one.port === 0 ? "PORT" : String(one.port),
        one.volumes.join(","),
        String(one.replicas),
        one.command.join(" "),
      ]),
    ),
    table(
      ["ROUTE", "COMPONENT", "PATH"],
      routes.map(({ name, component, path }) => [name, component, path]),
    ),
    table(
      ["SETTING", "TYPE", "REQUIRED", "SECRET"],
      settings.map((one) => [one.name, one.type, one.required ? "yes" : "no", one.secret ? "yes" : "no"]),
    ),
    table(
      ["INSIDE", "LIBRARY", "VERSION"],
      libraries.map((one) => [one.component, one.name, one.version]),
    ),
  ].join("");
}
