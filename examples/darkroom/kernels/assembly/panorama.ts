// The panorama package: what each function takes and gives stands at its definition.
export { allocate, failure } from "./abi";
export { panoramaReduce } from "./panorama/reduce";
export { panoramaFeatures } from "./panorama/features";
export { panoramaMatch } from "./panorama/match";
export { panoramaSolve } from "./panorama/solve";
export { panoramaGains } from "./panorama/gains";
export { panoramaSeams } from "./panorama/seams";
export { panoramaMesh } from "./panorama/mesh";
export { panoramaWarp } from "./panorama/warp";
