import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { VdcError } from "#api/errors.ts";
import { parseInput } from "#api/validate.ts";
import { oidcFileSchema, type OidcProviderConfig } from "#control/auth/oidc-config.ts";

/** Reads `oidc.json` with the secrets that it names; no file means no providers. Throws `invalid` with what is wrong in it. */
export function readOidcFile(path: string): readonly OidcProviderConfig[] {
  if (!existsSync(path)) return [];
  const { providers } = parseInput(oidcFileSchema, parsed(path), path);
  return providers.map(({ clientSecretFile, ...provider }) => {
    if (clientSecretFile === undefined) return provider;
    const secretPath = resolve(dirname(path), clientSecretFile);
    return { ...provider, clientSecret: text(secretPath).trim() };
  });
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(text(path));
  } catch (cause) {
    if (cause instanceof VdcError) throw cause;
    throw new VdcError("invalid", `${path} is not JSON.`, { cause });
  }
}

/** Both files decide who may sign in, and one holds a secret: nobody else may read or write them. */
function text(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) === 0) return readFileSync(path, "utf8");
  } catch (cause) {
    throw new VdcError("invalid", `${path} cannot be read.`, { cause });
  }
  throw new VdcError("invalid", `${path} can be read by others; run: chmod 600 ${path}`);
}
