import { z } from "zod";
import { VdcError } from "#api/errors.ts";

const positionSchema = z.strictObject({
  v: z.literal(1),
  kind: z.string().max(63),
  /** The revision that the first page gave. */
  revision: z.int().min(0),
  project: z.string().max(63),
  name: z.string().max(63),
});

/** Where a list goes on: after this key. */
export type ListPosition = Omit<z.infer<typeof positionSchema>, "v">;

const maxTokenCharacters = 600;

export function continueToken(position: ListPosition): string {
  return Buffer.from(JSON.stringify({ v: 1, ...position })).toString("base64url");
}

/** Reads a token of a list of `kind`; `invalid` when it is not one. */
export function readContinueToken(token: string, kind: string): ListPosition {
  const position = positionSchema.safeParse(tokenJson(token));
  if (position.success && position.data.kind === kind) return position.data;
  throw new VdcError("invalid", "The page's continue token cannot be read.", {
    fields: [
      { path: "continue", message: "use the token of the page before, unchanged, with the same query" },
    ],
  });
}

function tokenJson(token: string): unknown {
  if (token.length > maxTokenCharacters) return undefined;
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined; // not one of ours: the caller says so
  }
}
