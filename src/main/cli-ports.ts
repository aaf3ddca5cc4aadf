import { homedir, hostname } from "node:os";
import { kinds } from "#api/kinds.ts";
import type { CliPorts } from "#cli/ports.ts";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import { certificateSha256 } from "#drivers/bound-fetch/pinned-agent.ts";
import { filesOfFolder, readText, writePrivateText } from "#drivers/local-files/local-files.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
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
    homeDirectory: homedir(),
    hostname: hostname(),
    bind: (binding) => boundFetch(binding, { idleMs: connectionIdleMs }),
    certificate: certificateSha256,
    controlSocket: (given) => layOut(dataDirectoryPath(given, from.env, from.cwd)).controlSocket,
  };
}
