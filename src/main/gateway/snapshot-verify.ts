import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "#lib/clock.ts";
import { canonicalJson, type Json } from "#lib/json.ts";
import { snapshotContentSchema, snapshotSchema, type Snapshot } from "#traffic/snapshot.ts";

export type Verified =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly why: string };

/** The longest that requests wait for a slice of the work; only parsing the JSON text cannot be divided. */
const sliceMs = 4;

/** In the order of canonical JSON. */
const lists = ["certificates", "challenges", "pools", "routes"] as const;
/** Bounds on the lists are checked with the lists as a whole, elements one by one. */
const anyList = z.array(z.custom<Json>(() => true));
const headSchema = snapshotSchema.extend({
  content: z.strictObject({ certificates: anyList, challenges: anyList, pools: anyList, routes: anyList }),
});
/** No list may hold more; the published schema's own bounds are below it. */
const maxElements = 20_000;

/**
 * Reads a published snapshot as `openSnapshot` of src/traffic does, but in slices: this process serves requests meanwhile. The
 * checksum is of what was written, not of what was parsed: a newer schema's defaults are no damage.
 */
export async function verifySnapshot(text: string, clock: Clock): Promise<Verified> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused("it is not JSON"); // half written, or not ours
  }
  const head = headSchema.safeParse(value);
  if (!head.success) return refused(describe(head.error, ""));
  const { content: written, ...rest } = head.data;
  const content: Partial<Record<(typeof lists)[number], unknown[]>> = {};
  const hash = createHash("sha256");
  const turns = new Turns(clock);
  for (const [index, name] of lists.entries()) {
    if (written[name].length > maxElements) return refused(`content.${name}: it has too many elements`);
    hash.update(`${index === 0 ? "{" : ","}${JSON.stringify(name)}:[`);
    const schema = snapshotContentSchema.shape[name].element;
    const parsed: unknown[] = [];
    for (const [at, element] of written[name].entries()) {
      const result = schema.safeParse(element);
      if (!result.success) return refused(describe(result.error, `content.${name}.${at}.`));
      parsed.push(result.data);
      hash.update(`${at === 0 ? "" : ","}${canonicalJson(element)}`);
      const turn = turns.next();
      if (turn !== undefined) await turn; // an await for each element would cost more than the element
    }
    hash.update("]");
    content[name] = parsed;
  }
  if (hash.update("}").digest("hex") !== rest.checksum) return refused("its checksum does not fit");
  // Every element went through the schema of its list.
  return { ok: true, snapshot: { ...rest, content: content as Snapshot["content"] } };
}

/** Gives the event loop its turn whenever a slice is used up. */
class Turns {
  readonly #clock: Clock;
  #ends: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ends = clock.monotonic() + sliceMs;
  }

  next(): Promise<void> | undefined {
    if (this.#clock.monotonic() < this.#ends) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#ends = this.#clock.monotonic() + sliceMs;
        resolve();
      });
    });
  }
}

function refused(why: string): Verified {
  return { ok: false, why };
}

function describe(error: z.ZodError, prefix: string): string {
  const issue = error.issues[0];
  return `${prefix}${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong form"}`;
}
