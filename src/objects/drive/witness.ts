import { z } from "zod";
import { decodeCheckedJson, encodeCheckedJson } from "./checked-json.ts";

/**
 * The newest segment and the newest state that was shown, written before anything in that segment is acknowledged. It lies in the data directory, not on a
 * drive: a start that does not find this segment has stale drives before it.
 */
export interface Witness {
  readonly storeId: string;
  readonly segment: number;
  /** Of that segment: 16 hexadecimal digits. */
  readonly incarnation: string;
  /** The journal's last sequence when this was written. */
  readonly sequence: number;
  /** The journal was closed at that sequence: nothing beyond it was ever acknowledged. */
  readonly isClosed?: boolean | undefined;
  /** Numbers of the drives that belonged to the store. */
  readonly drives: readonly number[];
}

const witnessShape = z.object({
  format: z.literal(1),
  storeId: z.string().min(1),
  segment: z.int().min(1),
  incarnation: z.string().regex(/^[0-9a-f]{16}$/),
  sequence: z.int().min(0),
  isClosed: z.boolean().optional(),
  drives: z.array(z.int().min(0)).min(1),
});

/** Where it is kept. `write` returns when it is durable; a reader sees the old one or the new one. */
export interface WitnessFile {
  /** Undefined: there is none. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
}

export function encodeWitness(witness: Witness): Buffer {
  return encodeCheckedJson({ format: 1, ...witness });
}

/** Undefined: damaged. It is then as good as none. */
export function decodeWitness(bytes: Uint8Array): Witness | undefined {
  const read = witnessShape.safeParse(decodeCheckedJson(bytes));
  if (!read.success) return undefined;
  const { storeId, segment, incarnation, sequence, isClosed, drives } = read.data;
  return { storeId, segment, incarnation, sequence, drives, ...(isClosed === undefined ? {} : { isClosed }) };
}
