// Three numbers: a point or a direction in metres (x east, y up, z north), or a radiance in red, green and blue.

export class Vector {
  constructor(
    public x: f64 = 0,
    public y: f64 = 0,
    public z: f64 = 0,
  ) {}

  set(x: f64, y: f64, z: f64): this {
    this.x = x;
    this.y = y;
    this.z = z;
    return this;
  }

  copy(other: Vector): this {
    return this.set(other.x, other.y, other.z);
  }

  dot(other: Vector): f64 {
    return this.x * other.x + this.y * other.y + this.z * other.z;
  }

  scale(factor: f64): this {
    return this.set(this.x * factor, this.y * factor, this.z * factor);
  }

  /** Adds `factor` times the other. */
  add(other: Vector, factor: f64 = 1): this {
    return this.set(this.x + other.x * factor, this.y + other.y * factor, this.z + other.z * factor);
  }

  times(other: Vector): this {
    return this.set(this.x * other.x, this.y * other.y, this.z * other.z);
  }

  toward(other: Vector, share: f64): this {
    return this.scale(1 - share).add(other, share);
  }

  normalise(): this {
    return this.scale(1 / Math.sqrt(this.dot(this)));
  }

  /** Mirrors this direction at a surface. */
  reflect(normal: Vector): this {
    return this.add(normal, -2 * this.dot(normal));
  }
}

// Vectors for a while: memory that is taken is never given back in this runtime, and a picture has millions of pixels.
const lent = new StaticArray<Vector>(64);
for (let i = 0; i < 64; i++) lent[i] = new Vector();
let used = 0;

/** How many vectors are lent; give it to `release` when those taken since are done with. */
export function mark(): i32 {
  return used;
}

export function take(): Vector {
  return lent[used++];
}

export function release(to: i32): void {
  used = to;
}
