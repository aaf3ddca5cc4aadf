// The pavilion's indirect light, path traced once: at each point of a grid what comes from six sides (an ambient cube), so
// that pictures are free of the noise that a few paths for each pixel would have.
import { Painter } from "./paint";
import { Vector } from "./vector";

const wide = 46;
const high = 12;
const deep = 34;
const cell: f64 = 0.5;
const left: f64 = -11.25;
const low: f64 = 29.9;
const front: f64 = -9.75;
/** Six sides of three colours, f32. */
const pointBytes: usize = 72;
const paths = 160;

export class LightVolume {
  static bytes: i32 = wide * high * deep * 72;

  constructor(public address: usize) {}

  /** Follows the paths of every point. */
  make(painter: Painter): void {
    memory.fill(this.address, 0, LightVolume.bytes);
    const point = new Vector();
    // The golden angle's spiral spreads directions evenly over the sphere.
    const directions: Vector[] = [];
    for (let i = 0; i < paths; i++) {
      const up = 1 - (2 * <f64>i + 1) / <f64>paths;
      const flat = Math.sqrt(1 - up * up);
      directions.push(new Vector(flat * Math.cos(<f64>i * 2.399963), up, flat * Math.sin(<f64>i * 2.399963)));
    }
    const found = new Vector();
    for (let index = 0; index < wide * high * deep; index++) {
      const x = index % wide;
      const y = (index / wide) % high;
      const z = index / (wide * high);
      point.set(left + x * cell, low + y * cell, front + z * cell);
      for (let i = 0; i < paths; i++) {
        const direction = unchecked(directions[i]);
        painter.gather(point, direction, found);
        this.spread(index, direction, found);
      }
    }
  }

  private spread(index: i32, direction: Vector, light: Vector): void {
    for (let side = 0; side < 6; side++) {
      const along = side < 2 ? direction.x : side < 4 ? direction.y : direction.z;
      const cosine = (side & 1) == 0 ? along : -along;
      if (cosine <= 0) continue;
      const at = this.address + <usize>index * pointBytes + <usize>(side * 12);
      // The mean over the sphere of the cosine, times 4, is what a white surface would show.
      const share = (4 * cosine) / <f64>paths;
      store<f32>(at, load<f32>(at) + <f32>(light.x * share));
      store<f32>(at, load<f32>(at, 4) + <f32>(light.y * share), 4);
      store<f32>(at, load<f32>(at, 8) + <f32>(light.z * share), 8);
    }
  }

  /** What a white surface at a point would show of the indirect light. */
  look(point: Vector, normal: Vector, to: Vector): void {
    const gx = place((point.x + normal.x * 0.2 - left) / cell, wide);
    const gy = place((point.y + normal.y * 0.2 - low) / cell, high);
    const gz = place((point.z + normal.z * 0.2 - front) / cell, deep);
    to.set(0, 0, 0);
    for (let corner = 0; corner < 8; corner++) {
      const x = <i32>gx + (corner & 1);
      const y = <i32>gy + ((corner >> 1) & 1);
      const z = <i32>gz + (corner >> 2);
      const share = (1 - abs(gx - <f64>x)) * (1 - abs(gy - <f64>y)) * (1 - abs(gz - <f64>z));
      const at = this.address + <usize>((z * high + y) * wide + x) * pointBytes;
      addSide(at + (normal.x > 0 ? 0 : 12), share * normal.x * normal.x, to);
      addSide(at + (normal.y > 0 ? 24 : 36), share * normal.y * normal.y, to);
      addSide(at + (normal.z > 0 ? 48 : 60), share * normal.z * normal.z, to);
    }
  }
}

function place(value: f64, count: i32): f64 {
  return min<f64>(max<f64>(value, 0), <f64>count - 1.001);
}

function addSide(at: usize, share: f64, to: Vector): void {
  to.set(to.x + share * load<f32>(at), to.y + share * load<f32>(at, 4), to.z + share * load<f32>(at, 8));
}
