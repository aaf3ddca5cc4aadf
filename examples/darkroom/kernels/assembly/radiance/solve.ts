// Systems of linear equations.

/**
 * Cholesky. `matrix` holds the lower triangle of a symmetric matrix of `size` rows (f64, row by row) and is overwritten; `right`
 * becomes the solution. False when the matrix is not positive definite: something is held by nothing.
 */
export function solveSymmetric(matrix: usize, right: usize, size: i32): bool {
  for (let i = 0; i < size; i++) {
    const row = matrix + ((<usize>(i * size)) << 3);
    const before = load<f64>(row + ((<usize>i) << 3));
    for (let j = 0; j <= i; j++) {
      const other = matrix + ((<usize>(j * size)) << 3);
      let sum = load<f64>(row + ((<usize>j) << 3));
      for (let k: usize = 0; k < <usize>j; k++)
        sum -= load<f64>(row + (k << 3)) * load<f64>(other + (k << 3));
      if (j < i) {
        store<f64>(row + ((<usize>j) << 3), sum / load<f64>(other + ((<usize>j) << 3)));
      } else {
        if (!(sum > before * 1e-11)) return false;
        store<f64>(row + ((<usize>i) << 3), Math.sqrt(sum));
      }
    }
  }
  for (let i = 0; i < size; i++) {
    const row = matrix + ((<usize>(i * size)) << 3);
    let sum = load<f64>(right + ((<usize>i) << 3));
    for (let k: usize = 0; k < <usize>i; k++) sum -= load<f64>(row + (k << 3)) * load<f64>(right + (k << 3));
    store<f64>(right + ((<usize>i) << 3), sum / load<f64>(row + ((<usize>i) << 3)));
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = load<f64>(right + ((<usize>i) << 3));
    for (let k = i + 1; k < size; k++) {
      sum -= load<f64>(matrix + ((<usize>(k * size + i)) << 3)) * load<f64>(right + ((<usize>k) << 3));
    }
    store<f64>(right + ((<usize>i) << 3), sum / load<f64>(matrix + ((<usize>(i * size + i)) << 3)));
  }
  return true;
}
