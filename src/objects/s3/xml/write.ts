import { escapeXml } from "./escape.ts";

const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** `<name>text</name>`; nothing when there is no text, so that optional elements need no `if`. */
export function leaf(name: string, text: string | number | boolean | undefined): string {
  if (text === undefined) return "";
  return `<${name}>${typeof text === "string" ? escapeXml(text) : text}</${name}>`;
}

/** An element around others, which are XML already. */
export function branch(name: string, ...inner: readonly string[]): string {
  return `<${name}>${inner.join("")}</${name}>`;
}

/** A whole document in S3's namespace. */
export function xmlDocument(root: string, ...inner: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${s3Namespace}">${inner.join("")}</${root}>`;
}

/** The answer to a form is in no namespace, and neither are errors. */
export function plainDocument(root: string, ...inner: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${branch(root, ...inner)}`;
}

export function errorDocument(
  code: string,
  message: string,
  details: Readonly<Record<string, string>>,
): string {
  const rest = Object.entries(details).map(([name, value]) => leaf(name, value));
  return plainDocument("Error", leaf("Code", code), leaf("Message", message), ...rest);
}
