// What the segments before the picture's data say: ITU-T T.81, appendix B.
import { check } from "../abi";

/** One colour component of the frame. Samples and blocks are counted in the component's own resolution. */
export class Component {
  id: i32 = 0;
  horizontal: i32 = 1;
  vertical: i32 = 1;
  quantisation: i32 = 0;
  dcTable: i32 = 0;
  acTable: i32 = 0;
  /** DC value of the block before, of which only the difference is stored. */
  prediction: i32 = 0;
  width: i32 = 0;
  height: i32 = 0;
  /** Blocks in a row and in a column, filled up to whole MCUs. */
  blocksWide: i32 = 0;
  blocksHigh: i32 = 0;
  /** All coefficients as i16 in natural order, 64 a block; 0 when blocks are decoded as they come. */
  coefficients: usize = 0;
  /** Samples of three rows of MCUs, `stride` bytes a row; sample row y lies at y modulo `ringRows`. */
  ring: usize = 0;
  ringRows: i32 = 0;
  stride: i32 = 0;

  row(y: i32): usize {
    return this.ring + <usize>((y % this.ringRows) * this.stride);
  }
}

export class Picture {
  width: i32 = 0;
  height: i32 = 0;
  progressive: bool = false;
  components: Component[] = [];
  horizontal: i32 = 1;
  vertical: i32 = 1;
  mcusWide: i32 = 0;
  mcusHigh: i32 = 0;
  /** MCUs between two restart markers; 0 for none. */
  restartInterval: i32 = 0;
  /** The colour transform that Adobe's marker names; −1 without one. */
  adobeTransform: i32 = -1;
  jfif: bool = false;

  /** Whether the components are luma and two chromas, by the rules that the JPEG library made common. */
  isYcc(): bool {
    if (this.components.length != 3) return false;
    if (this.jfif) return true;
    if (this.adobeTransform >= 0) return this.adobeTransform != 0;
    const ids = this.components;
    return !(ids[0].id == 82 && ids[1].id == 71 && ids[2].id == 66); // "RGB"
  }

  /** Derives every count from the factors read in the frame's header. */
  measure(): void {
    const only = this.components.length == 1;
    for (let i = 0; i < this.components.length; i++) {
      const component = this.components[i];
      // A single component is never interleaved, whatever its factors say.
      if (only) component.horizontal = component.vertical = 1;
      this.horizontal = max(this.horizontal, component.horizontal);
      this.vertical = max(this.vertical, component.vertical);
    }
    this.mcusWide = divideUp(this.width, 8 * this.horizontal);
    this.mcusHigh = divideUp(this.height, 8 * this.vertical);
    for (let i = 0; i < this.components.length; i++) {
      const component = this.components[i];
      component.width = divideUp(this.width * component.horizontal, this.horizontal);
      component.height = divideUp(this.height * component.vertical, this.vertical);
      component.blocksWide = this.mcusWide * component.horizontal;
      component.blocksHigh = this.mcusHigh * component.vertical;
    }
  }
}

export function divideUp(value: i32, by: i32): i32 {
  return (value + by - 1) / by;
}

/** Position in the block of the coefficient that comes as number k: T.81, figure A.6. */
export const naturalOrder = memory.data<u8>([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
]);

/**
 * Makes sure that `bytes` more can be allocated, or fails with words; without this an allocation beyond the memory's maximum
 * traps without any.
 */
export function needMemory(bytes: i64): void {
  growTo(<i64>heap.alloc(0) + bytes);
}

/** Makes sure that memory reaches up to the address `end`, or fails with words. */
export function growTo(end: i64): void {
  const missing = end - ((<i64>memory.size()) << 16);
  if (missing <= 0) return;
  const pages = (missing + 0xffff) >> 16;
  check(pages < 65_536 && memory.grow(<i32>pages) >= 0, "the picture needs more memory than this kernel has");
}
