import { homedir, hostname } from "node:os";
import { kinds } from "#api/kinds.ts";
import type { CliKernelTools } from "#cli/kernel-ports.ts";
import type { CliPackageTools } from "#cli/package-ports.ts";
import type { CliPackages, CliPorts } from "#cli/ports.ts";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { certificateSha256 } from "#drivers/bound-fetch/pinned-agent.ts";
import { filesOfFolder, readText, writePrivateText } from "#drivers/local-files/local-files.ts";
import { visit } from "#drivers/visitors/visitors.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { cliObjectFiles } from "#main/cli-object-files.ts";
import { dataDirectoryPath, layOut } from "#main/data-directory.ts";

/** Longest silence of a connection; the server's streams say something every few seconds. */
const connectionIdleMs = 60_000;

/** The machine as the CLI sees it. */
export function createPorts(
  from: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string } = {
    env: process.env,
    cwd: process.cwd(),
  },
): CliPorts {
  return {
    kinds,
    clock: systemClock,
    random: systemRandom,
    files: { readText, writePrivateText, filesOfFolder },
    objectFiles: cliObjectFiles,
    visit,
    homeDirectory: homedir(),
    hostname: hostname(),
    bind: (binding) => boundFetch(binding, { idleMs: connectionIdleMs }),
    openSocket: async (...words) => (await import("#main/cli-socket.ts")).openCliSocket(...words),
    openInBrowser: async (url) => (await import("#main/open-in-browser.ts")).openInBrowser(url),
    packages: lazyPackages,
    packageTools: lazyPackageTools(from.cwd),
    kernelTools: lazyKernelTools(from.cwd),
    certificate: certificateSha256,
    controlSocket: (given) => layOut(dataDirectoryPath(given, from.env, from.cwd)).controlSocket,
  };
}

/** Building a package loads much that other commands do not need. */
const lazyPackages: CliPackages = {
  look: async (path) => (await packages()).look(path),
  build: async (path, signal) => (await packages()).build(path, signal),
  archive: async (path) => (await packages()).archive(path),
};

async function packages(): Promise<CliPackages> {
  return (await import("#main/cli-packages.ts")).cliPackages;
}

function lazyPackageTools(cwd: string): CliPackageTools {
  const tools = async () => (await import("#main/cli-package-tools.ts")).createPackageTools(cwd);
  return {
    init: async (folder) => await (await tools()).init(folder),
    build: async (folder, options) => await (await tools()).build(folder, options),
    inspect: async (file, signal) => await (await tools()).inspect(file, signal),
    sign: async (file, keyFile, signal) => await (await tools()).sign(file, keyFile, signal),
    keygen: async (file) => await (await tools()).keygen(file),
  };
}

function lazyKernelTools(cwd: string): CliKernelTools {
  const tools = async () => (await import("#main/cli-kernel-tools.ts")).createKernelTools(cwd);
  return {
    build: async (folder) => await (await tools()).build(folder),
    keygen: async (file) => await (await tools()).keygen(file),
  };
}
