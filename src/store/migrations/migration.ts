/** One step of the schema, forward only. One statement: it happens wholly or not at all. */
export interface Migration {
  /** `NNNN-what`: numbers count from 1 without a gap. Never renamed once released. */
  readonly name: string;
  readonly statement: string;
}
