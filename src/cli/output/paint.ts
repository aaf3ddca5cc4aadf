import type { CliIo } from "#cli/io.ts";

export type Colour = "red" | "green" | "yellow" | "blue" | "dim" | "bold";
export type Paint = (colour: Colour, text: string) => string;

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export const noPaint: Paint = (_, text) => text;

const colourPaint: Paint = (colour, text) => {
  const [on, off] = codes[colour];
  return text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Colour only on a terminal that can show it, and never against NO_COLOR (no-color.org: any non-empty value). */
export function paintFor(io: CliIo, stream: "stdout" | "stderr"): Paint {
  const refused = (io.env["NO_COLOR"] ?? "") !== "" || io.env["TERM"] === "dumb";
  return io.isTty[stream] && !refused ? colourPaint : noPaint;
}
