// A camera: which rays make up a pixel.
import { argument, integer } from "../abi";
import { hash } from "./noise";
import { Painter } from "./paint";
import { Vector } from "./vector";

export class View {
  width: i32 = 1;
  height: i32 = 1;
  private painter: Painter;
  private focal: f64;
  private most: i32;
  private place: Vector;
  private right: Vector;
  private down: Vector;
  private forward: Vector;
  private direction: Vector = new Vector();
  private first: Vector = new Vector();
  private sum: Vector = new Vector();

  /** Reads the arguments of `paintView`. */
  constructor(args: i32, argCount: i32, painter: Painter) {
    this.painter = painter;
    this.focal = <f64>argument(args, argCount, 5);
    this.place = new Vector(number(args, argCount, 6), number(args, argCount, 7), number(args, argCount, 8));
    this.right = new Vector(
      number(args, argCount, 9),
      number(args, argCount, 12),
      number(args, argCount, 15),
    );
    this.down = new Vector(
      number(args, argCount, 10),
      number(args, argCount, 13),
      number(args, argCount, 16),
    );
    this.forward = new Vector(
      number(args, argCount, 11),
      number(args, argCount, 14),
      number(args, argCount, 17),
    );
    this.most = integer(args, argCount, 18, 2, 64);
    this.width = integer(args, argCount, 1, 1, 16_384);
    this.height = integer(args, argCount, 2, 1, 16_384);
  }

  /** Paints rows as RGB in f32 to `to`. A row needs those above and below it, so that the same pixels come of any bands. */
  paint(top: i32, rows: i32, to: usize): void {
    const bytes = <usize>this.width * 12;
    const lines = heap.alloc(bytes * 3);
    for (let y = top - 1; y <= top + rows; y++) {
      const line = lines + bytes * <usize>((y + 3) % 3);
      for (let x = 0; x < this.width; x++) {
        this.sample(x, y, 0, this.first);
        keep(line + <usize>x * 12, this.first);
      }
      if (y <= top) continue;
      const middle = lines + bytes * <usize>((y + 2) % 3);
      this.refine(y - 1, lines + bytes * <usize>((y + 1) % 3), middle, line, to);
      to += bytes;
    }
    heap.free(lines);
  }

  /** Finishes a row: where a pixel differs from one beside it, as at an edge, it becomes the mean of `most` samples. */
  private refine(y: i32, above: usize, line: usize, below: usize, to: usize): void {
    for (let x = 0; x < this.width; x++) {
      const at = <usize>x * 12;
      read(line + at, this.sum);
      const isEdge =
        this.differs(above + at) ||
        this.differs(below + at) ||
        (x > 0 && this.differs(line + at - 12)) ||
        (x + 1 < this.width && this.differs(line + at + 12));
      if (isEdge) {
        for (let count = 1; count < this.most; count++) {
          this.sample(x, y, count, this.first);
          this.sum.add(this.first);
        }
        this.sum.scale(1 / <f64>this.most);
      }
      keep(to + at, this.sum);
    }
  }

  private differs(other: usize): bool {
    const x: f64 = load<f32>(other);
    const y: f64 = load<f32>(other, 4);
    return abs(this.sum.x - x) + abs(this.sum.y - y) > 0.13 * (this.sum.x + this.sum.y + x + y) + 0.004;
  }

  private sample(x: i32, y: i32, index: i32, to: Vector): void {
    const seed = hash(x * 64 + index, y);
    // After the middle, samples follow the plastic number's lattice, which fills a square evenly.
    const inX: f64 = index == 0 ? 0.5 : part(0.5 + <f64>index * 0.754_878);
    const inY: f64 = index == 0 ? 0.5 : part(0.5 + <f64>index * 0.569_84);
    const u: f64 = <f64>x + inX - <f64>this.width * 0.5;
    const v: f64 = <f64>y + inY - <f64>this.height * 0.5;
    const direction = this.direction
      .copy(this.forward)
      .scale(this.focal)
      .add(this.right, u)
      .add(this.down, v);
    this.painter.look(this.place, direction.normalise(), seed, to);
  }
}

function keep(to: usize, colour: Vector): void {
  store<f32>(to, <f32>colour.x);
  store<f32>(to, <f32>colour.y, 4);
  store<f32>(to, <f32>colour.z, 8);
}

function read(from: usize, colour: Vector): void {
  colour.set(load<f32>(from), load<f32>(from, 4), load<f32>(from, 8));
}

function part(value: f64): f64 {
  return value - Math.floor(value);
}

function number(args: i32, argCount: i32, index: i32): f64 {
  return <f64>argument(args, argCount, index);
}
