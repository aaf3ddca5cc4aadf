// Registration of two exposures of one scene: translation and rotation, to a few hundredths of a pixel.
import { check, integer, outputs, setOutput } from "../abi";
import { maxSide } from "../tile";
import { brightPyramid, darkPyramid, readGrey } from "./grey-picture";
import { matchTones } from "./match-tones";
import { Motion, newMotion, pairNumbers } from "./motion";
import { searchCoarse } from "./register-coarse";
import { refine, roomForPixels } from "./register-fine";

/**
 * Finds where the pixels of the darker picture lie in the brighter one. Tones of the darker are mapped to those of the brighter by
 * their histograms, which needs neither the exposure times nor the camera's response. A search over translations and a few rotations
 * on a small picture, then Gauss–Newton (Lucas and Kanade 1981) with Tukey's weights from level to level, so that what moved in
 * the scene is ignored.
 *
 * Arguments: width and height of the frames; shift by which the grey pictures are smaller. Inputs: grey tiles (`grey`) of the darker
 * frame, row by row, then those of the brighter. Output: six f64, see `Motion`.
 */
export function register(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const width = integer(args, argCount, 0, 8, maxSide);
  const height = integer(args, argCount, 1, 8, maxSide);
  const shift = integer(args, argCount, 2, 0, 6);
  check((<i64>width * height) >> (2 * shift) <= 1 << 22, "a picture for registration is too large");
  const dark = readGrey(inputs, inputCount, 0, width, height, shift);
  const bright = readGrey(inputs, inputCount, inputCount / 2, width, height, shift);
  const tones = matchTones(dark, bright);
  const from = darkPyramid(dark, tones);
  const to = brightPyramid(bright);
  const motion = newMotion();
  searchCoarse(from, to, motion);
  const chosen = roomForPixels();
  for (let level = from.levels - 1; level >= 0; level--) refine(from, to, level, chosen, motion);
  return answer(motion);
}

function answer(motion: Motion): i32 {
  const table = outputs(1);
  setOutput(table, 0, changetype<usize>(motion), pairNumbers << 3);
  return table;
}
