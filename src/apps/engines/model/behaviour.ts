import type { Component } from "#api/manifest.ts";
import type { InstanceRun } from "#apps/engine.ts";

/** What a program does, in words that the model acts out and that the conformance suite has real programs for. */
export interface Behaviour {
  /** Lines that it writes to standard output when it starts. */
  readonly prints?: readonly string[];
  /** Writes the value of this environment variable, too. */
  readonly printsVariable?: string;
  /** Opens its port after this time; 0 when absent. */
  readonly readyAfterMs?: number;
  readonly neverReady?: boolean;
  readonly exits?: { readonly afterMs: number; readonly code: number };
  readonly ignoresStopSignal?: boolean;
  /** Writes a numbered line every so often. */
  readonly printsEveryMs?: number;
}

/** The program name by which a component's command carries a behaviour to the model. */
export const modelProgram = "model";

/** A command that the model acts out; every other command serves at once and runs until it is stopped. */
export function modelCommand(behaviour: Behaviour): readonly string[] {
  return [modelProgram, JSON.stringify(behaviour)];
}

export function behaviourOf(component: Component): Behaviour {
  const [program, text] = component.command;
  if (program !== modelProgram || text === undefined) return {};
  return JSON.parse(text) as Behaviour; // written by modelCommand alone: the model runs in tests only
}

export function linesAtStart(behaviour: Behaviour, run: InstanceRun): readonly string[] {
  const { prints = [], printsVariable } = behaviour;
  if (printsVariable === undefined) return prints;
  return [...prints, `${printsVariable}=${run.environment[printsVariable] ?? ""}`];
}
