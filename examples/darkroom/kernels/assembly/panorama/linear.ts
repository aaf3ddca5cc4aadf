// Small dense linear algebra on f64; a matrix is its address, row by row.

export function f64s(count: i32): usize {
  const address = heap.alloc((<usize>count) << 3);
  memory.fill(address, 0, (<usize>count) << 3);
  return address;
}

export function get(matrix: usize, index: i32): f64 {
  return load<f64>(matrix + ((<usize>index) << 3));
}

export function set(matrix: usize, index: i32, value: f64): void {
  store<f64>(matrix + ((<usize>index) << 3), value);
}

export function add(matrix: usize, index: i32, value: f64): void {
  set(matrix, index, get(matrix, index) + value);
}

export function copy(target: usize, source: usize, count: i32): void {
  memory.copy(target, source, (<usize>count) << 3);
}

/** Solves matrix · x = right for `count` unknowns, by elimination with pivots; x replaces `right`. False when it is singular. */
export function solve(matrix: usize, right: usize, count: i32): bool {
  for (let pivot = 0; pivot < count; pivot++) {
    let best = pivot;
    for (let row = pivot + 1; row < count; row++) {
      if (Math.abs(get(matrix, row * count + pivot)) > Math.abs(get(matrix, best * count + pivot)))
        best = row;
    }
    const top = get(matrix, best * count + pivot);
    if (!(Math.abs(top) > 1e-25)) return false;
    if (best != pivot) swapRows(matrix, right, count, pivot, best);
    for (let row = pivot + 1; row < count; row++) {
      const factor = get(matrix, row * count + pivot) / top;
      if (factor == 0) continue;
      for (let column = pivot; column < count; column++) {
        add(matrix, row * count + column, -factor * get(matrix, pivot * count + column));
      }
      add(right, row, -factor * get(right, pivot));
    }
  }
  for (let row = count - 1; row >= 0; row--) {
    let sum = get(right, row);
    for (let column = row + 1; column < count; column++) {
      sum -= get(matrix, row * count + column) * get(right, column);
    }
    set(right, row, sum / get(matrix, row * count + row));
  }
  return true;
}

function swapRows(matrix: usize, right: usize, count: i32, one: i32, other: i32): void {
  for (let column = 0; column < count; column++) {
    const kept = get(matrix, one * count + column);
    set(matrix, one * count + column, get(matrix, other * count + column));
    set(matrix, other * count + column, kept);
  }
  const kept = get(right, one);
  set(right, one, get(right, other));
  set(right, other, kept);
}

/** target = a · b, all 3 × 3; `target` is neither of them. */
export function multiply3(target: usize, a: usize, b: usize): void {
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      let sum: f64 = 0;
      for (let index = 0; index < 3; index++) sum += get(a, row * 3 + index) * get(b, index * 3 + column);
      set(target, row * 3 + column, sum);
    }
  }
}

export function transpose3(target: usize, source: usize): void {
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) set(target, column * 3 + row, get(source, row * 3 + column));
  }
}

/** Component `row` of matrix · (x, y, z). */
export function row3(matrix: usize, row: i32, x: f64, y: f64, z: f64): f64 {
  return get(matrix, row * 3) * x + get(matrix, row * 3 + 1) * y + get(matrix, row * 3 + 2) * z;
}

export function determinant3(m: usize): f64 {
  return (
    get(m, 0) * (get(m, 4) * get(m, 8) - get(m, 5) * get(m, 7)) -
    get(m, 1) * (get(m, 3) * get(m, 8) - get(m, 5) * get(m, 6)) +
    get(m, 2) * (get(m, 3) * get(m, 7) - get(m, 4) * get(m, 6))
  );
}

/** Cofactors of `source`, which are its inverse, turned over, times its determinant. */
function cofactors3(target: usize, source: usize): void {
  for (let row = 0; row < 3; row++) {
    const r1 = ((row + 1) % 3) * 3;
    const r2 = ((row + 2) % 3) * 3;
    for (let column = 0; column < 3; column++) {
      const c1 = (column + 1) % 3;
      const c2 = (column + 2) % 3;
      const minor = get(source, r1 + c1) * get(source, r2 + c2) - get(source, r1 + c2) * get(source, r2 + c1);
      set(target, row * 3 + column, minor);
    }
  }
}

/** The rotation nearest to `matrix`, in place: Newton's iteration for the polar factor (Higham, 1986). False when it has none. */
export function nearestRotation(matrix: usize): bool {
  const inverse = f64s(9);
  for (let step = 0; step < 30; step++) {
    const determinant = determinant3(matrix);
    if (!(determinant > 1e-12)) return false;
    cofactors3(inverse, matrix);
    for (let index = 0; index < 9; index++) {
      set(matrix, index, 0.5 * (get(matrix, index) + get(inverse, index) / determinant));
    }
  }
  return true;
}

/** target = the rotation by the vector (x, y, z), in radians (Rodrigues). */
export function rotationOf(target: usize, x: f64, y: f64, z: f64): void {
  const angle = Math.sqrt(x * x + y * y + z * z);
  const a = angle > 1e-9 ? Math.sin(angle) / angle : 1;
  const b = angle > 1e-9 ? (1 - Math.cos(angle)) / (angle * angle) : 0.5;
  set(target, 0, 1 - b * (y * y + z * z));
  set(target, 1, b * x * y - a * z);
  set(target, 2, b * x * z + a * y);
  set(target, 3, b * x * y + a * z);
  set(target, 4, 1 - b * (x * x + z * z));
  set(target, 5, b * y * z - a * x);
  set(target, 6, b * x * z - a * y);
  set(target, 7, b * y * z + a * x);
  set(target, 8, 1 - b * (x * x + y * y));
}
