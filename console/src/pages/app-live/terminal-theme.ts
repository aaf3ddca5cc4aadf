import type { ITheme } from "@xterm/xterm";

/** The terminal's colours from the theme's tokens: the same hues as everywhere, readable on the ground. */
export function terminalTheme(element: HTMLElement): ITheme {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const ink = token("--ink");
  const dim = token("--dim");
  const faint = token("--faint");
  const hues = {
    red: token("--bad"),
    green: token("--good"),
    yellow: token("--warn"),
    blue: token("--chart-4"),
    magenta: token("--chart-3"),
    cyan: token("--accent"),
  };
  return {
    background: token("--ground"),
    foreground: ink,
    cursor: token("--accent"),
    cursorAccent: token("--ground"),
    selectionBackground: token("--accent-soft"),
    selectionForeground: ink,
    ...hues,
    brightRed: hues.red,
    brightGreen: hues.green,
    brightYellow: hues.yellow,
    brightBlue: hues.blue,
    brightMagenta: hues.magenta,
    brightCyan: hues.cyan,
    black: dim,
    brightBlack: faint,
    white: dim,
    brightWhite: ink,
  };
}
