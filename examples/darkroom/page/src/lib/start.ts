import { say } from "../kit/toast.tsx";
import { wordsOf } from "./words.ts";

/** Begins work that nobody awaits; when it fails, people are told `what` failed and why. */
export function start(what: string, work: () => Promise<unknown>): void {
  work().catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") return;
    say(what, { isBad: true, description: wordsOf(error) });
  });
}
