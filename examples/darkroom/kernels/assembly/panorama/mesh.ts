// Where the pixels of a part of the panorama come from in one frame: source places on a grid, and the labels of the seams. Tasks that warp need no sine.
import { argument, check, inputAddress, inputBytes, integer, outputs, setOutput } from "../abi";
import { cameraCount, cameraGain, cameraOf, isUsed, pixelX, pixelY, project, readCameras } from "./cameras";
import { get } from "./linear";
import { rayAt, rayX, rayY, rayZ } from "./projection";
import { seamHeader, seamMagic } from "./seams";
import { toneTable, toneTableBytes } from "./transfer";

const magic: u32 = 0x31474456; // "VDG1"
/** Source places are in steps of 1 / 1024 pixel. */
export const placeBits: i32 = 10;
export const noPlace: i32 = i32.MIN_VALUE;
export const maxPart: i32 = 1024;
const farthest: f64 = 1_000_000;

/** The head of a mesh, as it lies in the blob; the nodes {i32 x, i32 y} follow, then the labels, u8. */
@unmanaged
export class Mesh {
  magic: u32;
  camera: u32;
  /** The part of the canvas. */
  x: i32;
  y: i32;
  width: i32;
  height: i32;
  /** Pixels between nodes; the nodes of a row, and the rows. */
  step: i32;
  columns: i32;
  rows: i32;
  labelColumns: i32;
  labelRows: i32;
  spare: i32;
  /** The place of the part's first pixel among the labels, and how many labels a pixel is. */
  labelX: f64;
  labelY: f64;
  labelScale: f64;
}

export function nodesOf(mesh: Mesh): usize {
  return changetype<usize>(mesh) + offsetof<Mesh>();
}

export function labelsOf(mesh: Mesh): usize {
  return nodesOf(mesh) + <usize>(mesh.columns * mesh.rows) * 8;
}

function meshBytes(mesh: Mesh): i32 {
  return <i32>offsetof<Mesh>() + mesh.columns * mesh.rows * 8 + mesh.labelColumns * mesh.labelRows;
}

/** Checks input `index`. */
export function readMesh(inputs: i32, inputCount: i32, index: i32): Mesh {
  const address = inputAddress(inputs, inputCount, index);
  const bytes = inputBytes(inputs, inputCount, index);
  check(bytes >= <i32>offsetof<Mesh>() && load<u32>(address) == magic, "an input is no mesh");
  const mesh = changetype<Mesh>(address);
  check(
    mesh.width > 0 && mesh.width <= maxPart && mesh.height > 0 && mesh.height <= maxPart,
    "the part of a mesh is too large",
  );
  check(mesh.step >= 4 && mesh.step <= 32 && (mesh.step & (mesh.step - 1)) == 0, "a mesh has no such step");
  check(
    mesh.columns == (mesh.width - 1) / mesh.step + 2 && mesh.rows == (mesh.height - 1) / mesh.step + 2,
    "the nodes of a mesh do not fit its part",
  );
  check(
    mesh.labelColumns > 0 && mesh.labelColumns <= 2048 && mesh.labelRows > 0 && mesh.labelRows <= 2048,
    "a mesh has too many labels",
  );
  check(
    Math.abs(mesh.labelX) < 1e6 &&
      Math.abs(mesh.labelY) < 1e6 &&
      mesh.labelScale > 0 &&
      mesh.labelScale <= 64,
    "the labels of a mesh lie nowhere",
  );
  check(bytes == meshBytes(mesh), "a mesh is not as long as it says");
  return mesh;
}

let seams: usize = 0;
let seamWidth: i32 = 0;
let seamHeight: i32 = 0;
let seamU: f64 = 0;
let seamV: f64 = 0;
let seamUnit: f64 = 0;

/** The canvas: its corner on the surface, its pixels for one unit. */
let cornerU: f64 = 0;
let cornerV: f64 = 0;
let unit: f64 = 0;

/**
 * `panoramaMesh(camera, projection, u, v, unit, factor, step, then x, y, width, height of each part; cameras, seams)`: the table of the frame's gain, then a
 * mesh for each part. (u, v) is the corner of the canvas, `unit` its pixels for one unit; the frame is read from its level of `factor`.
 */
export function panoramaMesh(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const blob = readCameras(inputs, inputCount, 0);
  const index = integer(args, argCount, 0, 0, cameraCount(blob) - 1);
  const camera = cameraOf(blob, index);
  check(isUsed(camera), "a frame that is left out has no mesh");
  const projection = integer(args, argCount, 1, 0, 2);
  cornerU = argument(args, argCount, 2);
  cornerV = argument(args, argCount, 3);
  unit = argument(args, argCount, 4);
  check(
    Math.abs(cornerU) < 10 && Math.abs(cornerV) < 10 && unit > 0 && unit < 1e7,
    "a canvas has no such place",
  );
  const factor = <f64>integer(args, argCount, 5, 1, 64);
  const step = integer(args, argCount, 6, 4, 32);
  check((step & (step - 1)) == 0, "the step of a mesh is a power of two");
  readSeams(inputs, inputCount);
  const parts = (argCount - 7) / 4;
  check(argCount == 7 + parts * 4 && parts > 0, "a part has four numbers");
  const table = outputs(parts + 1);
  const gain = get(camera, cameraGain);
  check(gain > 0.001 && gain < 1000, "a gain is too large");
  setOutput(table, 0, toneTable(gain), toneTableBytes);
  for (let part = 0; part < parts; part++) {
    const mesh = newMesh(args, argCount, 7 + part * 4, step);
    mesh.camera = <u32>index;
    writeNodes(mesh, camera, projection, factor);
    setOutput(table, part + 1, changetype<usize>(mesh), meshBytes(mesh));
  }
  return table;
}

function readSeams(inputs: i32, inputCount: i32): void {
  seams = inputAddress(inputs, inputCount, 1);
  const bytes = inputBytes(inputs, inputCount, 1);
  check(bytes > <i32>seamHeader && load<u32>(seams) == seamMagic, "an input has no seams");
  seamWidth = <i32>load<u32>(seams, 4);
  seamHeight = <i32>load<u32>(seams, 8);
  const most = 1 << 21;
  check(seamWidth > 0 && seamWidth < most && seamHeight > 0 && seamHeight < most, "the seams are too large");
  check(<i64>seamWidth * seamHeight == <i64>bytes - <i64>seamHeader, "the seams are not as long as they say");
  seamU = load<f64>(seams, 16);
  seamV = load<f64>(seams, 24);
  seamUnit = load<f64>(seams, 32);
  check(
    Math.abs(seamU) < 10 && Math.abs(seamV) < 10 && seamUnit > 0 && seamUnit < 1e7,
    "the seams have no such place",
  );
}

/** A mesh for the part of four arguments, with its labels and one neighbour more on each side. */
function newMesh(args: i32, argCount: i32, first: i32, step: i32): Mesh {
  const x = integer(args, argCount, first, 0, 1 << 20);
  const y = integer(args, argCount, first + 1, 0, 1 << 20);
  const width = integer(args, argCount, first + 2, 1, maxPart);
  const height = integer(args, argCount, first + 3, 1, maxPart);
  check(x % step == 0 && y % step == 0, "a part begins at a node");
  const scale = seamUnit / unit;
  const labelX = (cornerU - seamU) * seamUnit + (<f64>x + 0.5) * scale - 0.5;
  const labelY = (cornerV - seamV) * seamUnit + (<f64>y + 0.5) * scale - 0.5;
  const left = clampTo(Math.floor(labelX), seamWidth);
  const top = clampTo(Math.floor(labelY), seamHeight);
  const columns = clampTo(Math.floor(labelX + <f64>width * scale) + 1, seamWidth) - left + 1;
  const rows = clampTo(Math.floor(labelY + <f64>height * scale) + 1, seamHeight) - top + 1;
  check(scale <= 64 && columns <= 2048 && rows <= 2048, "the canvas is too small for its seams");
  const nodeColumns = (width - 1) / step + 2;
  const nodeRows = (height - 1) / step + 2;
  const bytes = offsetof<Mesh>() + <usize>(nodeColumns * nodeRows * 8 + columns * rows);
  const mesh = changetype<Mesh>(heap.alloc(bytes));
  mesh.magic = magic;
  mesh.x = x;
  mesh.y = y;
  mesh.width = width;
  mesh.height = height;
  mesh.step = step;
  mesh.columns = nodeColumns;
  mesh.rows = nodeRows;
  mesh.labelColumns = columns;
  mesh.labelRows = rows;
  mesh.spare = 0;
  mesh.labelX = labelX - <f64>left;
  mesh.labelY = labelY - <f64>top;
  mesh.labelScale = scale;
  for (let row = 0; row < rows; row++) {
    const from = seams + seamHeader + ((top + row) * seamWidth + left);
    memory.copy(labelsOf(mesh) + row * columns, from, <usize>columns);
  }
  return mesh;
}

function clampTo(value: f64, size: i32): i32 {
  return <i32>min(max(value, 0), <f64>(size - 1));
}

function writeNodes(mesh: Mesh, camera: usize, projection: i32, factor: f64): void {
  for (let row = 0; row < mesh.rows; row++) {
    for (let column = 0; column < mesh.columns; column++) {
      const x = <f64>(mesh.x + column * mesh.step) + 0.5;
      const y = <f64>(mesh.y + row * mesh.step) + 0.5;
      rayAt(projection, cornerU + x / unit, cornerV + y / unit);
      const node = nodesOf(mesh) + ((<usize>(row * mesh.columns + column)) << 3);
      const seen =
        project(camera, rayX, rayY, rayZ) && Math.abs(pixelX) < farthest && Math.abs(pixelY) < farthest;
      store<i32>(node, seen ? fixed(pixelX / factor - 0.5) : noPlace);
      store<i32>(node, seen ? fixed(pixelY / factor - 0.5) : noPlace, 4);
    }
  }
}

function fixed(value: f64): i32 {
  return <i32>Math.floor(value * <f64>(1 << placeBits) + 0.5);
}
