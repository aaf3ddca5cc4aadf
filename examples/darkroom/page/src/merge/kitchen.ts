import type { JobGraph } from "#burst/graph.ts";
import type { Kitchen } from "./recipe.ts";

/** One result of a graph that an analysis runs here. */
export async function resultOf(
  kitchen: Kitchen,
  graph: JobGraph,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const found = (await kitchen.run(graph)).get(name);
  if (found === undefined) throw new Error(`The analysis gave no ${name}.`);
  return found;
}
