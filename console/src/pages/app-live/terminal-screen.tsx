import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef } from "react";
import { openExec, type ExecEnd, type ExecSocket } from "#console/data/exec-socket.ts";
import { shownTheme } from "#console/data/theme.ts";
import { useStore } from "#console/lib/store.ts";
import { keepToPolicy } from "#console/pages/app-live/terminal-styles.ts";
import { terminalTheme } from "#console/pages/app-live/terminal-theme.ts";

const scrollbackLines = 5000;

/** One command from its start to its end. Another `run` is another component: give it a key. */
export function TerminalScreen(props: {
  readonly project: string;
  readonly instance: string;
  readonly command: readonly string[];
  readonly screenReader: boolean;
  readonly onStart: () => void;
  readonly onEnd: (end: ExecEnd) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal>(undefined);
  const latest = useRef(props);
  const theme = useStore(shownTheme);

  useEffect(() => {
    latest.current = props;
    if (terminal.current !== undefined) terminal.current.options.screenReaderMode = props.screenReader;
  });

  useEffect(() => {
    const element = place.current;
    if (element !== null && terminal.current !== undefined)
      terminal.current.options.theme = terminalTheme(element);
    // The tokens are the theme's: they are read again when it changes.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [theme]);

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const running = start(element, latest);
    terminal.current = running.terminal;
    return () => {
      terminal.current = undefined;
      running.end();
    };
  }, []);

  return <div ref={place} className="h-[max(18rem,calc(100dvh-26rem))] min-w-0 overflow-hidden" />;
}

function start(
  element: HTMLElement,
  latest: { readonly current: Parameters<typeof TerminalScreen>[0] },
): { readonly terminal: Terminal; readonly end: () => void } {
  const styles = keepToPolicy(element.ownerDocument);
  const terminal = new Terminal({
    scrollback: scrollbackLines,
    fontSize: 13,
    fontFamily: getComputedStyle(element).getPropertyValue("--font-mono"),
    theme: terminalTheme(element),
    screenReaderMode: latest.current.screenReader,
    cursorBlink: false,
    // Links and clipboards are the reader's, not the program's: neither OSC 8 nor OSC 52 is obeyed.
    linkHandler: { activate: () => {} },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(element);
  fit.fit();
  const socket = connect(terminal, latest);
  terminal.onData((text) => socket.write(text));
  terminal.onResize(({ cols, rows }) => socket.resize(cols, rows));
  // The Tab key is the program's; Escape and Tab, or Shift and Tab, leave as everywhere.
  terminal.attachCustomKeyEventHandler((event) => !(event.key === "Tab" && event.shiftKey));
  const observer = new ResizeObserver(() => fit.fit());
  observer.observe(element);
  return {
    terminal,
    end() {
      observer.disconnect();
      socket.close();
      terminal.dispose();
      styles[Symbol.dispose]();
    },
  };
}

function connect(
  terminal: Terminal,
  latest: { readonly current: Parameters<typeof TerminalScreen>[0] },
): ExecSocket {
  const { project, instance, command } = latest.current;
  return openExec(
    { project, instance, command, columns: terminal.cols, rows: terminal.rows },
    {
      onStart: () => {
        latest.current.onStart();
        terminal.focus();
      },
      onOutput: (bytes) => terminal.write(bytes),
      onEnd: (end) => {
        terminal.options.disableStdin = true;
        latest.current.onEnd(end);
      },
    },
  );
}
