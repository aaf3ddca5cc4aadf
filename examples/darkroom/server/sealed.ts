import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const nonceBytes = 12;
const tagBytes = 16;

/** Seals small texts into cookies (AES-256-GCM), so that any instance can read them and nobody else. */
export class Seal {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = createHash("sha256").update("darkroom cookies\0").update(secret).digest();
  }

  /** `purpose` keeps one cookie from being given for another. */
  seal(purpose: string, text: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** Undefined for anything that this key did not seal for this purpose. */
  open(purpose: string, sealed: string | undefined): string | undefined {
    const bytes = Buffer.from(sealed ?? "", "base64url");
    if (bytes.length < nonceBytes + tagBytes) return undefined;
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return (
        decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, "utf8") + decipher.final("utf8")
      );
    } catch {
      return undefined;
    }
  }
}
