import { SaxesParser, type SaxesTagNS } from "saxes";

import { S3Error } from "#objects/s3-error.ts";

/** An element with its name without prefix: clients write any namespace, or none. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Its own text, entities decoded. */
  readonly text: string;
  /** `xsi:type` of a Grantee; the only attribute that S3 gives a meaning. */
  readonly type?: string;
}

/** No document of S3 is deeper than eight. */
const maxDepth = 16;
/** CompleteMultipartUpload with 10,000 parts and a checksum in each has 40,000. */
const maxElements = 60_000;

/**
 * Reads a request's document. Throws MalformedXML when it is not well formed, has a document type declaration (there are no entities to expand then), is
 * deeper or has more elements than any document of S3, or has another root.
 */
export function parseXml(bytes: Uint8Array, root: string | readonly string[]): XmlElement {
  const reader = new TreeReader();
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw malformed("The XML is not UTF-8.", error);
  }
  const element = reader.read(text);
  if (![root].flat().includes(element.name)) throw malformed(`The root element must be ${[root].flat()[0]}.`);
  return element;
}

export function malformed(message: string, cause?: unknown): S3Error {
  return new S3Error("MalformedXML", message, { cause });
}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
  readonly type?: string;
}

class TreeReader {
  readonly #open: OpenElement[] = [];
  #count = 0;
  #root: XmlElement | undefined;

  read(text: string): XmlElement {
    const parser = new SaxesParser({ xmlns: true, position: false });
    parser.on("doctype", () => {
      throw malformed("A document type declaration is refused.");
    });
    parser.on("opentag", (tag) => this.#enter(tag));
    parser.on("text", (piece) => this.#append(piece));
    parser.on("cdata", (piece) => this.#append(piece));
    parser.on("closetag", () => this.#leave());
    parser.on("error", (error) => {
      throw malformed("The XML is not well formed.", error);
    });
    parser.write(text).close();
    if (this.#root === undefined) throw malformed("The XML is empty.");
    return this.#root;
  }

  #enter(tag: SaxesTagNS): void {
    this.#count += 1;
    if (this.#open.length >= maxDepth) throw malformed("The XML is too deep.");
    if (this.#count > maxElements) throw malformed("The XML has too many elements.");
    const type = Object.values(tag.attributes).find((attribute) => attribute.local === "type")?.value;
    this.#open.push({ name: tag.local, children: [], text: "", ...(type === undefined ? {} : { type }) });
  }

  #append(piece: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += piece;
  }

  #leave(): void {
    const element = this.#open.pop();
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else if (element !== undefined) parent.children.push(element);
  }
}
