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
  private second: Vector = new Vector();

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

  /** Mean of two samples on the pixel's diagonal; where they differ, as at an edge, of `most` samples. */
  pixel(x: i32, y: i32, sum: Vector): void {
    this.sample(x, y, 0, this.first);
    this.sample(x, y, 1, this.second);
    const difference = abs(this.first.x - this.second.x) + abs(this.first.y - this.second.y);
    sum.copy(this.first).add(this.second);
    let count = 2;
    if (difference > 0.1 * (sum.x + sum.y) + 0.002) {
      for (; count < this.most; count++) {
        this.sample(x, y, count, this.first);
        sum.add(this.first);
      }
    }
    sum.scale(1 / <f64>count);
  }

  private sample(x: i32, y: i32, index: i32, to: Vector): void {
    const seed = hash(x * 64 + index, y);
    // After the diagonal, samples follow the plastic number's lattice, which fills a square evenly.
    const inX: f64 = index == 0 ? 0.25 : index == 1 ? 0.75 : part(<f64>index * 0.754_878);
    const inY: f64 = index == 0 ? 0.25 : index == 1 ? 0.75 : part(<f64>index * 0.569_84);
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

function part(value: f64): f64 {
  return value - Math.floor(value);
}

function number(args: i32, argCount: i32, index: i32): f64 {
  return <f64>argument(args, argCount, index);
}
