import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "#lib/random.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import type { Sealer } from "#objects/catalog/settings.ts";
import type { MasterKeys } from "#objects/data/seal.ts";

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * The operator's master keys: `objects/master.key`, one key a line in hexadecimal, the first in use, the others for what they sealed. Whoever loses this file loses every
 * sealed object and every access key; it belongs into the operator's safe.
 */
export class MasterKeyFile implements MasterKeys {
  readonly #keys: readonly { readonly id: string; readonly key: Uint8Array }[];

  constructor(text: string) {
    this.#keys = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const key = Buffer.from(line, "hex");
        if (key.length !== keyBytes) throw new Error("the master key's file is damaged");
        return { id: createHash("sha256").update(key).digest("hex").slice(0, 16), key };
      });
    if (this.#keys.length === 0) throw new Error("the master key's file is empty");
  }

  current(): { readonly id: string; readonly key: Uint8Array } | undefined {
    return this.#keys[0];
  }

  byId(id: string): Uint8Array | undefined {
    return this.#keys.find((each) => each.id === id)?.key;
  }
}

function keyFile(directory: DataDirectory): string {
  return join(directory.objects, "master.key");
}

/** Throws the system's error when it is not there. */
export function readMasterKeys(directory: DataDirectory): MasterKeyFile {
  return new MasterKeyFile(readFileSync(keyFile(directory), "utf8"));
}

/** Of a new store; one that is there is never replaced. */
export function makeMasterKey(directory: DataDirectory, random: Random): void {
  const file = keyFile(directory);
  const text = `${Buffer.from(random.bytes(keyBytes)).toString("hex")}\n`;
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** Seals the secrets of access keys and webhooks for the disk, with a key derived from the master key: AES-256-GCM, `KEYID.BASE64`. */
export function sealerOf(keys: MasterKeys, random: Random): Sealer {
  const derived = (key: Uint8Array) =>
    Buffer.from(hkdfSync("sha256", key, "", "vdc secrets of the object store, format 1", keyBytes));
  return {
    seal: (text) => {
      const master = keys.current();
      if (master === undefined) throw new Error("there is no master key");
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", derived(master.key), nonce);
      const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return `${master.id}.${Buffer.concat(sealed).toString("base64")}`;
    },
    open: (text) => {
      const [id = "", sealed = ""] = text.split(".", 2);
      const master = keys.byId(id);
      if (master === undefined) throw new Error(`master key ${id} is not in the file`);
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", derived(master), bytes.subarray(0, nonceBytes));
      decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
      const plain = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes));
      return Buffer.concat([plain, decipher.final()]).toString("utf8");
    },
  };
}
