// The pavilion that the pictures are taken from: boxes, columns and balls, met by rays exactly.
import { Vector } from "./vector";

export const floorLevel: f64 = 30;
const never: f64 = 1e30;

/** What a thing is made of. */
export enum Material {
  plaster,
  marble,
  wood,
  dark,
  copper,
}

class Thing {
  constructor(
    /** 0 a box between two corners; 1 an upright column, first its foot's centre and then its radius and top; 2 a ball. */
    public kind: i32,
    public x0: f64,
    public y0: f64,
    public z0: f64,
    public x1: f64,
    public y1: f64,
    public z1: f64,
    public material: Material,
    /** How many of the things that follow lie in this box; a box with any is only their bound. */
    public holds: i32 = 0,
  ) {}
}

const things: Thing[] = [];

function box(x0: f64, y0: f64, z0: f64, x1: f64, y1: f64, z1: f64, material: Material): void {
  things.push(new Thing(0, x0, y0, z0, x1, y1, z1, material));
}

/** A bound of the `holds` things that follow; it may hold further bounds. */
function bound(x0: f64, y0: f64, z0: f64, x1: f64, y1: f64, z1: f64, holds: i32): void {
  things.push(new Thing(0, x0, y0, z0, x1, y1, z1, Material.plaster, holds));
}

/** Four things. */
function column(x: f64, z: f64): void {
  bound(x - 0.52, 30, z - 0.52, x + 0.52, 34.62, z + 0.52, 3);
  things.push(new Thing(1, x, 30.28, z, 0.34, 34.3, 0, Material.plaster));
  box(x - 0.5, 30, z - 0.5, x + 0.5, 30.28, z + 0.5, Material.plaster);
  box(x - 0.52, 34.3, z - 0.52, x + 0.52, 34.62, z + 0.52, Material.plaster);
}

box(-10, 16, -8.6, 10, floorLevel, 5.6, Material.marble);
box(-10.4, 34.62, -9, 10.4, 35.5, 6, Material.wood);
bound(-10, 30, -8.6, 10, 34.62, -8.12, 2);
box(-10, 30, -8.6, 10, 34.62, -8.2, Material.plaster);
box(-1.2, 30, -8.2, 1.2, 32.9, -8.12, Material.dark);
// Down both sides, then the two inner ones at the front with a wide middle.
for (let side = -1; side <= 1; side += 2) {
  const x: f64 = 9.2 * <f64>side;
  bound(x - 0.52, 30, -7.92, x + 0.52, 34.62, 5.42, 16);
  for (let i = 0; i < 4; i++) column(x, 4.9 - <f64>i * 4.1);
}
column(-4.6, 4.9);
column(4.6, 4.9);
// What stands low at the front.
bound(-10, 30, 2.39, 10, 31.6, 5.45, 5);
box(-10, 30, 5.15, -5, 30.85, 5.45, Material.plaster);
box(5, 30, 5.15, 10, 30.85, 5.45, Material.plaster);
box(1.9, 30, 2.6, 3.3, 30.75, 4.0, Material.marble);
things.push(new Thing(2, 2.6, 31.17, 3.3, 0.42, 0, 0, Material.copper));
things.push(new Thing(2, -2.9, 30.3, 2.7, 0.3, 0, 0, Material.plaster));

/** Where a ray met the pavilion. */
export class Hit {
  distance: f64 = never;
  material: Material = Material.plaster;
  normal: Vector = new Vector();
}

/** Finds the first thing that a ray meets within `hit.distance`; whether there is one. */
export function meet(origin: Vector, direction: Vector, hit: Hit): bool {
  const ix: f64 = 1 / (abs(direction.x) < 1e-9 ? 1e-9 : direction.x);
  const iy: f64 = 1 / (abs(direction.y) < 1e-9 ? 1e-9 : direction.y);
  const iz: f64 = 1 / (abs(direction.z) < 1e-9 ? 1e-9 : direction.z);
  let met = false;
  for (let i = 0, count = things.length; i < count; i++) {
    const thing = unchecked(things[i]);
    if (thing.holds > 0) {
      if (entry(thing, origin, ix, iy, iz) >= hit.distance) i += thing.holds;
    } else if (thing.kind == 0) met = meetBox(thing, origin, ix, iy, iz, hit) || met;
    else if (thing.kind == 1) met = meetColumn(thing, origin, direction, hit) || met;
    else met = meetBall(thing, origin, direction, hit) || met;
  }
  return met;
}

/** Distance at which a ray enters a box, 0 or less from inside, or a very large one. */
function entry(thing: Thing, origin: Vector, ix: f64, iy: f64, iz: f64): f64 {
  const xa = (thing.x0 - origin.x) * ix;
  const xb = (thing.x1 - origin.x) * ix;
  const za = (thing.z0 - origin.z) * iz;
  const zb = (thing.z1 - origin.z) * iz;
  const ya = (thing.y0 - origin.y) * iy;
  const yb = (thing.y1 - origin.y) * iy;
  const near = max(max(min(xa, xb), min(ya, yb)), min(za, zb));
  const far = min(min(max(xa, xb), max(ya, yb)), max(za, zb));
  return near > far || far < 0 ? never : near;
}

function meetBox(thing: Thing, origin: Vector, ix: f64, iy: f64, iz: f64, hit: Hit): bool {
  const xa: f64 = (thing.x0 - origin.x) * ix;
  const xb: f64 = (thing.x1 - origin.x) * ix;
  const ya: f64 = (thing.y0 - origin.y) * iy;
  const yb: f64 = (thing.y1 - origin.y) * iy;
  const za: f64 = (thing.z0 - origin.z) * iz;
  const zb: f64 = (thing.z1 - origin.z) * iz;
  const x = min(xa, xb);
  const y = min(ya, yb);
  const z = min(za, zb);
  const near = max(max(x, y), z);
  const far = min(min(max(xa, xb), max(ya, yb)), max(za, zb));
  if (near > far || near < 1e-3 || near >= hit.distance) return false;
  hit.distance = near;
  hit.material = thing.material;
  if (near == x) hit.normal.set(ix > 0 ? -1 : 1, 0, 0);
  else if (near == y) hit.normal.set(0, iy > 0 ? -1 : 1, 0);
  else hit.normal.set(0, 0, iz > 0 ? -1 : 1);
  return true;
}

function meetColumn(thing: Thing, origin: Vector, direction: Vector, hit: Hit): bool {
  const x = origin.x - thing.x0;
  const z = origin.z - thing.z0;
  const a = direction.x * direction.x + direction.z * direction.z;
  const b = x * direction.x + z * direction.z;
  const root = b * b - a * (x * x + z * z - thing.x1 * thing.x1);
  if (root <= 0 || a < 1e-9) return false;
  const near = (-b - Math.sqrt(root)) / a;
  if (near < 1e-3 || near >= hit.distance) return false;
  const y = origin.y + near * direction.y;
  if (y < thing.y0 || y > thing.y1) return false;
  hit.distance = near;
  hit.material = thing.material;
  hit.normal.set((x + near * direction.x) / thing.x1, 0, (z + near * direction.z) / thing.x1);
  return true;
}

function meetBall(thing: Thing, origin: Vector, direction: Vector, hit: Hit): bool {
  const x = origin.x - thing.x0;
  const y = origin.y - thing.y0;
  const z = origin.z - thing.z0;
  const radius = thing.x1;
  const b = x * direction.x + y * direction.y + z * direction.z;
  const root = b * b - (x * x + y * y + z * z - radius * radius);
  if (root <= 0) return false;
  const near = -b - Math.sqrt(root);
  if (near < 1e-3 || near >= hit.distance) return false;
  hit.distance = near;
  hit.material = thing.material;
  hit.normal.set(x + near * direction.x, y + near * direction.y, z + near * direction.z).scale(1 / radius);
  return true;
}
