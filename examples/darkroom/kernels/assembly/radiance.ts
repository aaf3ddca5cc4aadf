// Everything between decoded frames and a picture for the screen, but fusion: registration, warping, ghosts, the camera's
// response, the radiance merge and tone mapping. Each file under radiance/ states the arguments of what it exports.
export { allocate, failure } from "./abi";
export { grey } from "./radiance/grey";
export { register } from "./radiance/register";
export { chain } from "./radiance/chain";
export { warp } from "./radiance/warp";
export { knownResponse, responseSamples, fitResponse } from "./radiance/response";
export { mergeRadiance } from "./radiance/merge";
export { ghostCells, ghostField, ghostMask } from "./radiance/ghost";
export { toneStatistics, toneGrid } from "./radiance/tone-statistics";
export { toneCurve } from "./radiance/tone-curve";
export { toneMap } from "./radiance/tone-map";
