/** How a run of text looks, as its program asked for by SGR sequences (ECMA-48 section 8.3.117). */
export interface AnsiStyle {
  /** 0 to 15, the basic colours; others are brought to the nearest of them, so that a theme stays readable. */
  readonly colour?: number;
  readonly background?: number;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly struck?: true;
}

export interface AnsiRun {
  readonly text: string;
  readonly style: AnsiStyle;
}

/** Changes of look in one line; what follows is shown as it looked then. */
const maxRuns = 500;

/*
 * CSI sequences (ECMA-48 section 5.4), strings (OSC, DCS, SOS, PM, APC) with their end, then any other escape.
 * A string that does not end reaches to the end of the line; the classes are disjoint, so none of it backtracks.
 */
const sequence =
  // oxlint-disable-next-line no-control-regex
  /\u001B\[([0-?]*)[ -/]*([@-~])|\u001B[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\u001B[ -/]*[0-~]?/g;
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000A-\u001F\u007F-\u009F]/g;
/** They turn the order of what is read around: a line could pretend to say something else. */
const directions = /[\u202A-\u202E\u2066-\u2069]/g;

/** The text without escape sequences and control characters. */
export function plainText(text: string): string {
  return harmless(text.replaceAll(sequence, ""));
}

/** Splits a line into runs of one look each. Only SGR is obeyed; every other sequence is left out. */
export function parseAnsi(text: string): readonly AnsiRun[] {
  const runs: AnsiRun[] = [];
  let style: AnsiStyle = {};
  let from = 0;
  const add = (part: string) => {
    const shown = harmless(part);
    if (shown !== "") runs.push({ text: shown, style });
  };
  for (const match of text.matchAll(sequence)) {
    if (runs.length >= maxRuns) break;
    add(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") style = applySgr(style, match[1] ?? "");
  }
  add(runs.length >= maxRuns ? text.slice(from).replaceAll(sequence, "") : text.slice(from));
  return runs;
}

function harmless(text: string): string {
  return text.replaceAll(controls, "").replaceAll(directions, "\uFFFD");
}

function applySgr(before: AnsiStyle, parameters: string): AnsiStyle {
  if (/[<=>?]/.test(parameters)) return before; // private: not SGR
  let style = before;
  const codes = parameters.split(/[;:]/).map((part) => (part === "" ? 0 : Number(part)));
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code !== 38 && code !== 48) {
      style = applyCode(style, code);
      continue;
    }
    const extended = extendedColour(codes, at + 1);
    at += extended.used;
    if (extended.colour !== undefined)
      style = { ...style, [code === 38 ? "colour" : "background"]: extended.colour };
  }
  return style;
}

/** Codes that set one property, and those that take properties away. */
const setters: Readonly<Record<number, AnsiStyle>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { struck: true },
  21: { underline: true },
};
const resetters: Readonly<Record<number, readonly (keyof AnsiStyle)[]>> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["struck"],
  39: ["colour"],
  49: ["background"],
};

function applyCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return {};
  const set = setters[code];
  if (set !== undefined) return { ...style, ...set };
  const reset = resetters[code];
  if (reset !== undefined) {
    const gone: readonly string[] = reset;
    return Object.fromEntries(Object.entries(style).filter(([name]) => !gone.includes(name)));
  }
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  return style; // concealed and blinking text is shown as it is
}

/** `5;N` of 256 colours, or `2;R;G;B`. */
function extendedColour(
  codes: readonly number[],
  at: number,
): { readonly used: number; readonly colour: number | undefined } {
  if (codes[at] === 5) return { used: 2, colour: fromPalette(codes[at + 1] ?? 0) };
  if (codes[at] === 2)
    return { used: 4, colour: nearest(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0) };
  return { used: 1, colour: undefined };
}

function fromPalette(index: number): number {
  if (index < 16) return Math.max(0, Math.trunc(index));
  if (index >= 232) return index < 244 ? 8 : 7; // 24 greys
  const cube = index - 16; // 6 × 6 × 6
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** The basic colour of this hue: which of the three lights are on, and how bright. */
function nearest(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 32) return most < 64 ? 0 : most < 160 ? 8 : most < 224 ? 7 : 15;
  const on = (light: number) => light > (most + least) / 2;
  return (on(red) ? 1 : 0) + (on(green) ? 2 : 0) + (on(blue) ? 4 : 0) + (most > 200 ? 8 : 0);
}
