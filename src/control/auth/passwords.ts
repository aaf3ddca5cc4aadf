import { argon2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { assert } from "#lib/assert.ts";
import type { Random } from "#lib/random.ts";
import { Gate } from "./gate.ts";

/** Parameters of argon2id (RFC 9106). */
export interface HashParameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** The first choice of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. */
export const owaspParameters: HashParameters = { memoryKiB: 19_456, passes: 2, parallelism: 1 };

const saltBytes = 16;
const hashBytes = 32;

export interface Passwords {
  /** PHC string. Throws `busy`. */
  hash(password: string): Promise<string>;
  /**
   * Compares in constant time. Without a stored hash it does the same work and says no, so that time does not
   * tell who exists. `stale`: it matches, and should be hashed anew with the parameters of today. Throws `busy`.
   */
  verify(password: string, stored: string | undefined): Promise<{ matches: boolean; stale: boolean }>;
}

const derive = promisify(argon2);

export function createPasswords(options: {
  readonly random: Random;
  readonly limits: { readonly hashesAtOnce: number; readonly hashesWaiting: number };
  readonly parameters: HashParameters;
}): Passwords {
  const { parameters } = options;
  const { hashesAtOnce, hashesWaiting } = options.limits;
  const gate = new Gate({ atOnce: hashesAtOnce, waiting: hashesWaiting, what: "passwords" });
  const nobody: StoredHash = {
    parameters,
    salt: options.random.bytes(saltBytes),
    hash: new Uint8Array(hashBytes),
  };
  return {
    hash: async (password) => {
      const salt = options.random.bytes(saltBytes);
      const hash = await gate.run(() => hashOf(password, salt, parameters));
      return formatPhc({ parameters, salt, hash });
    },
    verify: async (password, stored) => {
      const expected = stored === undefined ? nobody : parsePhc(stored);
      const hash = await gate.run(() => hashOf(password, expected.salt, expected.parameters));
      const matches = timingSafeEqual(hash, expected.hash) && stored !== undefined;
      return { matches, stale: matches && !sameParameters(expected.parameters, parameters) };
    },
  };
}

interface StoredHash {
  readonly parameters: HashParameters;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

function hashOf(password: string, salt: Uint8Array, parameters: HashParameters): Promise<Buffer> {
  return derive("argon2id", {
    // Keyboards give the same letter in different code points (NIST SP 800-63B asks for this).
    message: password.normalize("NFKC"),
    nonce: salt,
    parallelism: parameters.parallelism,
    memory: parameters.memoryKiB,
    passes: parameters.passes,
    tagLength: hashBytes,
  });
}

/** https://github.com/P-H-C/phc-string-format: base64 without padding. */
function formatPhc({ parameters, salt, hash }: StoredHash): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
  const { memoryKiB, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

function parsePhc(text: string): StoredHash {
  const form =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{43})$/.exec(
      text,
    );
  assert(form !== null, "a stored password is a PHC string of argon2id");
  const [, memory, passes, parallelism, salt = "", hash = ""] = form;
  return {
    parameters: { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}

function sameParameters(left: HashParameters, right: HashParameters): boolean {
  return (
    left.memoryKiB === right.memoryKiB &&
    left.passes === right.passes &&
    left.parallelism === right.parallelism
  );
}
