/** On every answer. The console's policy allows no inline script and no framing; data answers load nothing at all. */
export function securityHeaders(secure: boolean): Readonly<Record<string, string>> {
  return {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-frame-options": "DENY",
    ...(secure ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}

export const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

/** `objectOrigin`: where the S3 service is, whose objects the console's pages send, fetch and show. */
export function consolePolicy(objectOrigin?: string): string {
  const objects = objectOrigin === undefined ? "" : ` ${objectOrigin}`;
  return [
    "default-src 'self'",
    ...(objectOrigin === undefined ? [] : [`connect-src 'self'${objects}`, `media-src 'self'${objects}`]),
    `img-src 'self' data:${objects}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
