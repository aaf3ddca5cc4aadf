// Pictures as plain rows of samples, and as the tiles of 16 bytes of header that kernels take and give.

const magic = 0x31545644;

/** RGB, 8 bits, interleaved, row by row. */
export interface Picture8 {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Cuts a picture into tiles of at most `side` × `side`, row by row. */
export function toTiles(picture: Picture8, side: number): Uint8Array[] {
  const tiles: Uint8Array[] = [];
  for (let top = 0; top < picture.height; top += side) {
    for (let left = 0; left < picture.width; left += side) {
      const width = Math.min(side, picture.width - left);
      const height = Math.min(side, picture.height - top);
      const tile = new Uint8Array(16 + width * height * 3);
      const header = new DataView(tile.buffer);
      header.setUint32(0, magic, true);
      header.setUint16(4, 1, true);
      header.setUint16(6, 3, true);
      header.setUint32(8, width, true);
      header.setUint32(12, height, true);
      for (let y = 0; y < height; y++) {
        const from = ((top + y) * picture.width + left) * 3;
        tile.set(picture.rgb.subarray(from, from + width * 3), 16 + y * width * 3);
      }
      tiles.push(tile);
    }
  }
  return tiles;
}

/** Puts tiles together again; their number and sizes must fit. */
export function fromTiles(
  tiles: readonly Uint8Array[],
  width: number,
  height: number,
  side: number,
): Picture8 {
  const rgb = new Uint8Array(width * height * 3);
  const tilesWide = Math.ceil(width / side);
  tiles.forEach((tile, index) => {
    const left = (index % tilesWide) * side;
    const top = Math.floor(index / tilesWide) * side;
    const header = new DataView(tile.buffer, tile.byteOffset, 16);
    const wide = header.getUint32(8, true);
    const high = header.getUint32(12, true);
    if (wide !== Math.min(side, width - left) || high !== Math.min(side, height - top)) {
      throw new RangeError(`tile ${index} is ${wide} × ${high}`);
    }
    for (let y = 0; y < high; y++) {
      rgb.set(tile.subarray(16 + y * wide * 3, 16 + (y + 1) * wide * 3), ((top + y) * width + left) * 3);
    }
  });
  return { width, height, rgb };
}
