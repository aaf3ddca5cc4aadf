import { assert } from "#lib/assert.ts";
import {
  doWhile,
  i32,
  sequence,
  v128,
  type Code,
  type FunctionDefinition,
  type ValueType,
  type Variable,
} from "#objects/erasure/wasm-assembler.ts";

/** MD5's compression function (RFC 1321, section 3.4) over `blocks` ≥ 1 blocks of 64 bytes. The state is the four words A to D. */
export interface Md5Exports {
  /** Of one message at `from`. */
  readonly compress: (state: number, from: number, blocks: number) => void;
  /** Of `lanes` messages, each `laneStride` bytes behind the one before; each word of the state is a vector of theirs. */
  readonly compressLanes: (state: number, from: number, blocks: number) => void;
}

/** A step of MD5 waits for the one before it: only other messages can use the rest of the processor. */
export const lanes = 4;
export const blockBytes = 64;
export const initialState = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** The same steps are made of words, and of vectors of words. */
interface WordKind {
  readonly type: ValueType;
  readonly bytes: number;
  readonly constant: (word: number) => Code;
  readonly load: (address: Code, offset: number) => Code;
  readonly store: (address: Code, offset: number, value: Code) => Code;
  readonly add: (a: Code, b: Code) => Code;
  readonly and: (a: Code, b: Code) => Code;
  readonly or: (a: Code, b: Code) => Code;
  readonly xor: (a: Code, b: Code) => Code;
  readonly not: (a: Code) => Code;
  readonly rotate: (word: Variable, by: number) => Code;
}

const words: WordKind = {
  ...i32,
  type: "i32",
  bytes: 4,
  constant: i32.const,
  not: (a) => i32.xor(a, i32.const(-1)),
  rotate: (word, by) => i32.rotl(word.get, i32.const(by)),
};

const vectors: WordKind = {
  ...v128,
  type: "v128",
  bytes: 16,
  constant: v128.constWords,
  add: v128.addWords,
  rotate: (word, by) =>
    v128.or(v128.shlWords(word.get, i32.const(by)), v128.shrWordsU(word.get, i32.const(32 - by))),
};

type Mix = (kind: WordKind, b: Code, c: Code, d: Code) => Code;

interface Round {
  readonly mix: Mix;
  readonly shifts: readonly [number, number, number, number];
  /** Which word of the block step i takes. */
  readonly word: (step: number) => number;
}

const rounds: readonly Round[] = [
  { mix: (on, b, c, d) => on.xor(d, on.and(b, on.xor(c, d))), shifts: [7, 12, 17, 22], word: (i) => i },
  {
    mix: (on, b, c, d) => on.xor(c, on.and(d, on.xor(b, c))),
    shifts: [5, 9, 14, 20],
    word: (i) => 5 * i + 1,
  },
  { mix: (on, b, c, d) => on.xor(b, on.xor(c, d)), shifts: [4, 11, 16, 23], word: (i) => 3 * i + 5 },
  { mix: (on, b, c, d) => on.xor(c, on.or(b, on.not(d))), shifts: [6, 10, 15, 21], word: (i) => 7 * i },
];

type LocalMaker = Parameters<FunctionDefinition["body"]>[1];
type LoadBlock = (
  from: Variable,
  local: LocalMaker,
) => { readonly code: Code; readonly words: readonly Code[] };

export function md5Functions(laneStride: number): Readonly<Record<keyof Md5Exports, FunctionDefinition>> {
  return { compress: compress(words, loadWords), compressLanes: compress(vectors, loadLanes(laneStride)) };
}

function compress(on: WordKind, load: LoadBlock): FunctionDefinition {
  return {
    parameters: ["i32", "i32", "i32"],
    body: ([state, from, blocks], local) => {
      assert(state && from && blocks, "the function has three parameters");
      const register = [0, 1, 2, 3].map(() => local(on.type));
      const before = [0, 1, 2, 3].map(() => local(on.type));
      const sum = local(on.type);
      const block = load(from, local);
      return sequence(
        ...register.map((word, index) => word.set(on.load(state.get, index * on.bytes))),
        doWhile(
          [
            ...before.map((word, index) => word.set(at(register, index).get)),
            block.code,
            ...rounds.flatMap((round, index) =>
              roundOf(on, round, index, { register, sum, block: block.words }),
            ),
            ...register.map((word, index) => word.set(on.add(word.get, at(before, index).get))),
            from.set(i32.add(from.get, i32.const(blockBytes))),
            blocks.set(i32.sub(blocks.get, i32.const(1))),
          ],
          blocks.get,
        ),
        ...register.map((word, index) => on.store(state.get, index * on.bytes, word.get)),
      );
    },
  };
}

function roundOf(
  on: WordKind,
  { mix, shifts, word }: Round,
  number: number,
  {
    register,
    sum,
    block,
  }: { readonly register: readonly Variable[]; readonly sum: Variable; readonly block: readonly Code[] },
): readonly Code[] {
  return Array.from({ length: 16 }, (_, step) => {
    // The roles of the four words turn instead of their values.
    const [a, b, c, d] = [0, 1, 2, 3].map((role) => at(register, (role + 64 - step) % 4));
    assert(a && b && c && d, "there are four registers");
    const constant = Math.floor(Math.abs(Math.sin(number * 16 + step + 1)) * 2 ** 32);
    const added = on.add(on.add(a.get, on.constant(constant)), at(block, word(step) % 16));
    return sequence(
      sum.set(on.add(added, mix(on, b.get, c.get, d.get))),
      a.set(on.add(b.get, on.rotate(sum, at(shifts, step % 4)))),
    );
  });
}

function loadWords(from: Variable): ReturnType<LoadBlock> {
  return { code: [], words: Array.from({ length: 16 }, (_, index) => i32.load(from.get, index * 4)) };
}

/** Four words of every lane are loaded, and turned into four vectors, each of one word of all lanes. */
function loadLanes(stride: number): LoadBlock {
  const low = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
  const high = low.map((index) => index + 8);
  const lowHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  const highHalves = lowHalves.map((index) => index + 8);
  return (from, local) => {
    const parts: Code[] = [];
    const set = (code: Code): Code => {
      const variable = local("v128");
      parts.push(variable.set(code));
      return variable.get;
    };
    const loaded = [0, 1, 2, 3].flatMap((quarter) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((lane) => set(v128.load(from.get, lane * stride + quarter * 16)));
      assert(a && b && c && d, "there are four lanes");
      const [ab, cd] = [set(v128.shuffle(a, b, low)), set(v128.shuffle(c, d, low))];
      const [abHigh, cdHigh] = [set(v128.shuffle(a, b, high)), set(v128.shuffle(c, d, high))];
      return [
        set(v128.shuffle(ab, cd, lowHalves)),
        set(v128.shuffle(ab, cd, highHalves)),
        set(v128.shuffle(abHigh, cdHigh, lowHalves)),
        set(v128.shuffle(abHigh, cdHigh, highHalves)),
      ];
    });
    return { code: sequence(...parts), words: loaded };
  };
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  assert(item !== undefined, "the index lies inside");
  return item;
}
