// A rotation about the centre of a frame, then a translation.

/** Numbers of a `Motion`, all f64. */
export const pairNumbers: i32 = 6;

/**
 * Where a pixel p of one frame lies in another: R(angle)·(p − centre) + centre + (x, y), in radians and pixels of the frame. The
 * y axis points down.
 */
@unmanaged
export class Motion {
  angle: f64;
  x: f64;
  y: f64;
  /** Weighted correlation of the two pictures under this motion, −1 … 1; 0 when nothing could be found. */
  quality: f64;
  /** Share of the examined pixels that agree. */
  agreement: f64;
  /** Pixels that were examined. */
  examined: f64;
}

export function newMotion(): Motion {
  const motion = changetype<Motion>(heap.alloc(offsetof<Motion>()));
  memory.fill(changetype<usize>(motion), 0, offsetof<Motion>());
  return motion;
}

/** `second` after `first`. */
export function composed(first: Motion, second: Motion): Motion {
  const motion = newMotion();
  const cos = Math.cos(second.angle);
  const sin = Math.sin(second.angle);
  motion.angle = first.angle + second.angle;
  motion.x = cos * first.x - sin * first.y + second.x;
  motion.y = sin * first.x + cos * first.y + second.y;
  return motion;
}

export function inverted(motion: Motion): Motion {
  const back = newMotion();
  const cos = Math.cos(motion.angle);
  const sin = Math.sin(motion.angle);
  back.angle = -motion.angle;
  back.x = -(cos * motion.x + sin * motion.y);
  back.y = -(cos * motion.y - sin * motion.x);
  return back;
}

/** The furthest that two motions differ in a frame, in pixels: at one of its corners. */
export function furthest(first: Motion, second: Motion, width: i32, height: i32): f64 {
  const halfWidth = <f64>(width - 1) / 2;
  const halfHeight = <f64>(height - 1) / 2;
  const cos = Math.cos(second.angle) - Math.cos(first.angle);
  const sin = Math.sin(second.angle) - Math.sin(first.angle);
  let most: f64 = 0;
  for (let corner = 0; corner < 4; corner++) {
    const x = (corner & 1) != 0 ? halfWidth : -halfWidth;
    const y = corner > 1 ? halfHeight : -halfHeight;
    const dx = cos * x - sin * y + second.x - first.x;
    const dy = sin * x + cos * y + second.y - first.y;
    most = max(most, dx * dx + dy * dy);
  }
  return Math.sqrt(most);
}
