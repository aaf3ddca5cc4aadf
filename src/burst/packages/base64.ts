/** Base64 (RFC 4648, section 4) in every engine; `Uint8Array.fromBase64` is not in all browsers yet. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Letters are made in steps: a call takes only so many arguments. */
const step = 8_192;

export function base64Of(bytes: Uint8Array): string {
  let letters = "";
  for (let at = 0; at < bytes.length; at += step)
    letters += String.fromCharCode(...bytes.subarray(at, at + step));
  return btoa(letters);
}
