import { z } from "zod";

/** Who did something. `local` is whoever may open the data directory's socket; `system` is VDC itself. */
export const actorSchema = z
  .strictObject({
    type: z.enum(["user", "token", "local", "system"]),
    id: z.string().describe("Id of the user or token; the uid for local; the part's name for system"),
    name: z.string(),
  })
  .meta({ id: "Actor" });
export type Actor = z.infer<typeof actorSchema>;

export function systemActor(part: string): Actor {
  return { type: "system", id: part, name: part };
}

/** On whose account a write happens: goes into the audit entry. */
export interface Attribution {
  readonly actor: Actor;
  readonly requestId?: string;
  readonly operationId?: string;
  /** Address of the caller. */
  readonly address?: string;
}
