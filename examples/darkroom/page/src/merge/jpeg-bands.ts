/** What a restart interval can be long: its field has 16 bits (ITU-T T.81, B.2.4.4). */
const maxInterval = 65_535;
/** Side of an MCU of 4:4:4. */
const mcu = 8;
/** A field of 16 bits too. */
const maxSide = 65_535;

/**
 * Height of the bands in which a JPEG of tiles of `side` pixels is encoded: a row of tiles or, where that has more MCUs than a restart interval can, an even part of it. Throws
 * RangeError for what no JPEG can be.
 */
export function bandRowsOf(width: number, height: number, side: number): number {
  if (width > maxSide || height > maxSide)
    throw new RangeError(`A JPEG file has ${maxSide} pixels a side at most; export it as TIFF or PNG.`);
  // One band alone has no restarts.
  if (height <= side) return height;
  let rows = side;
  while (rows > mcu && Math.ceil(width / mcu) * Math.ceil(rows / mcu) > maxInterval) rows /= 2;
  return rows;
}
