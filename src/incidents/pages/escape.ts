/** For text and for attributes in double quotes, in HTML and in XML 1.0; control characters that XML cannot hold are dropped. */
export function escapeMarkup(text: string): string {
  return (
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      // oxlint-disable-next-line no-control-regex -- these are what XML 1.0 section 2.2 leaves out
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, "")
  );
}
