import { malformed, type XmlElement } from "./parse.ts";

/** Readers of elements. Each throws MalformedXML with the element's name, as S3's schema check does. */

/** Refuses elements that the document does not have: what is not understood must not be ignored. */
export function only(element: XmlElement, names: readonly string[]): void {
  const unknown = element.children.find((child) => !names.includes(child.name));
  if (unknown !== undefined) throw malformed(`${unknown.name} is not an element of ${element.name}.`);
}

export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

export function optionalChild(element: XmlElement, name: string): XmlElement | undefined {
  let found: XmlElement | undefined;
  for (const child of element.children) {
    if (child.name !== name) continue;
    if (found !== undefined) throw malformed(`${element.name} has more than one ${name}.`);
    found = child;
  }
  return found;
}

export function requiredChild(element: XmlElement, name: string): XmlElement {
  const child = optionalChild(element, name);
  if (child === undefined) throw malformed(`${element.name} lacks ${name}.`);
  return child;
}

/** Text of a child; white space belongs to it, because object keys may begin and end with it. */
export function optionalText(element: XmlElement, name: string): string | undefined {
  const child = optionalChild(element, name);
  if (child !== undefined && child.children.length > 0) throw malformed(`${name} holds text only.`);
  return child?.text;
}

export function requiredText(element: XmlElement, name: string): string {
  const text = optionalText(element, name);
  if (text === undefined) throw malformed(`${element.name} lacks ${name}.`);
  return text;
}

export function optionalWord<Word extends string>(
  element: XmlElement,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = optionalText(element, name)?.trim();
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw malformed(`${name} must be one of ${words.join(", ")}.`);
  return word;
}

export function requiredWord<Word extends string>(
  element: XmlElement,
  name: string,
  words: readonly Word[],
): Word {
  const word = optionalWord(element, name, words);
  if (word === undefined) throw malformed(`${element.name} lacks ${name}.`);
  return word;
}

export function optionalInteger(element: XmlElement, name: string): number | undefined {
  const text = optionalText(element, name)?.trim();
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw malformed(`${name} must be a whole number.`);
  return Number(text);
}

export function optionalBoolean(element: XmlElement, name: string): boolean | undefined {
  const word = optionalWord(element, name, ["true", "false", "TRUE", "FALSE", "True", "False"]);
  return word === undefined ? undefined : word.toLowerCase() === "true";
}

/** ISO 8601, as milliseconds since 1970. */
export function optionalTime(element: XmlElement, name: string): number | undefined {
  const text = optionalText(element, name)?.trim();
  if (text === undefined) return undefined;
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw malformed(`${name} must be a time in ISO 8601.`);
  return time;
}

/** `<TagSet><Tag><Key/><Value/></Tag>…`, or tags directly in `element`; checked by the caller. */
export function tagPairs(element: XmlElement): readonly (readonly [string, string])[] {
  only(element, ["Tag"]);
  return element.children.map((tag) => {
    only(tag, ["Key", "Value"]);
    return [requiredText(tag, "Key"), requiredText(tag, "Value")] as const;
  });
}
