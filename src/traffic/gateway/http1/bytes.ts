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
