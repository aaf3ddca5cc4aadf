/** Bytes with a meaning in HTTP/1.1, and the two character classes of header lines, as tables: one look-up a byte. */

export const tab = 9;
export const lf = 10;
export const cr = 13;
export const space = 32;
export const colon = 58;
export const semicolon = 59;

/** 1 for the characters of a token (RFC 9110 section 5.6.2). */
export const isTokenByte = tableOf((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));

/** 1 for what may stand in a field's value: printable ASCII, space, tab and obs-text (RFC 9110 section 5.5). */
export const isValueByte = tableOf((byte) => byte === tab || (byte >= space && byte !== 127));

/** The value of a hexadecimal digit, or 255. */
export const hexValue = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

function tableOf(test: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (test(byte) ? 1 : 0));
}

/** Larger than any text that heads are looked for in: a partial head and what a socket gives in one read. */
const scratch: Buffer = Buffer.alloc(262_144);

/**
 * The bytes of a latin1 text at the same places; valid until the next call. A loop over bytes takes a fifth of the time of one over
 * a string's characters, because a string has many forms inside and its form is asked for each character.
 */
export function bytesOf(text: string): Uint8Array {
  const bytes = text.length < scratch.length ? scratch : Buffer.alloc(text.length + 1);
  bytes.write(text, 0, "latin1");
  bytes[text.length] = 0;
  return bytes;
}
