import { Gather } from "./gather.ts";
import { openBlock, plainBlockBytes, sealBlock, sealedBlockBytes } from "./seal.ts";

/** The sealed blocks of a body. The last is known only at the end, so one is held back. */
export async function* sealStream(
  key: Uint8Array,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const gather = new Gather();
  let index = 0;
  for await (const piece of source) {
    gather.push(piece);
    while (gather.size > plainBlockBytes) {
      yield sealBlock(key, index, false, gather.take(plainBlockBytes).list);
      index += 1;
    }
  }
  yield sealBlock(key, index, true, gather.take(gather.size).list);
}

/** The plain blocks of sealed bytes that begin with block `first` of a body of `blocks` blocks. Throws S3Error when they are not what was sealed. */
export async function* openStream(
  key: Uint8Array,
  source: AsyncIterable<Uint8Array>,
  first: number,
  blocks: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const gather = new Gather();
  let index = first;
  const open = (size: number) => {
    const sealed = gather.take(size).contiguous();
    index += 1;
    return openBlock(key, index - 1, index === blocks, sealed);
  };
  for await (const piece of source) {
    gather.push(piece);
    while (gather.size >= sealedBlockBytes) yield open(sealedBlockBytes);
  }
  if (gather.size > 0) yield open(gather.size);
}
