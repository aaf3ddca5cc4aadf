import type { Cause, Effect, Incident } from "#api/incidents.ts";

/** Facts of an incident that its words are made of. Nothing here names a project, a bucket, a drive or a machine: pages are public. */
export type Facts = Pick<Incident, "component" | "cause" | "effects" | "impact">;

const titles: Readonly<Record<Cause, string>> = {
  "drive-lost": "A storage drive is out",
  "drive-late": "A storage drive answers late",
  "drive-full": "Storage drives are filling up",
  "drive-mismatch": "A storage drive is not the one we expect",
  "data-damaged": "Damaged copies of data were found and set aside",
  "held-requests": "Some requests wait before they are answered",
  "broken-promise": "Some requests could not be answered in time",
  errors: "Some requests fail",
  probe: "Our own test requests fail or are slow",
  silence: "A part of the service does not answer",
  "store-holding": "Object storage cannot serve",
  manual: "Notice",
};

const doing: Readonly<Record<Cause, string>> = {
  "drive-lost": "We read from the other drives and restore the missing copies there.",
  "drive-late": "We read around it and write to other drives until it is quick again.",
  "drive-full": "We write to drives that have room, and make room.",
  "drive-mismatch": "We leave it alone, read from the other drives, and look for the right one.",
  "data-damaged":
    "Every piece is checked before it is sent; what did not match was replaced from good copies.",
  "held-requests": "Requests are held and answered late instead of being refused.",
  "broken-promise": "We look for what holds them up.",
  errors: "We look for the cause.",
  probe: "We look for the cause.",
  silence: "It is being started again by itself; requests that can wait are held until then.",
  "store-holding": "It begins to serve by itself as soon as enough drives are back.",
  manual: "",
};

export function titleOf({ cause }: Facts): string {
  return titles[cause];
}

/** What is affected, what we do, and what to do; plain, and the same for everybody. */
export function textOf(incident: Facts & Pick<Incident, "status">, turn?: "back" | "worse"): string {
  const { status, cause, effects } = incident;
  if (status === "resolved") return "All is well again. You need to do nothing.";
  if (status === "monitoring") return "The trouble has ended. We watch whether it stays so.";
  const opening = turn === "back" ? "It is back. " : turn === "worse" ? "More is affected than before. " : "";
  return [`${opening}${effectsIn(effects)}`, doing[cause], toDo(incident)]
    .filter((part) => part !== "")
    .join(" ");
}

const effectWords: Readonly<Record<Effect, string>> = {
  durability: "All data is there, but fewer further failures could be survived than usual",
  latency: "Requests may take longer",
  reads: "Reading may fail",
  writes: "Writing may fail",
  availability: "A part of the service may not be reachable",
};

function effectsIn(effects: readonly Effect[]): string {
  return `${effects.map((effect) => effectWords[effect]).join(". ")}.`;
}

function toDo({ effects, impact }: Facts): string {
  if (impact === "critical" || effects.includes("reads") || effects.includes("writes"))
    return "Requests that fail can be repeated: nothing that was confirmed is lost.";
  return "You need to do nothing.";
}
