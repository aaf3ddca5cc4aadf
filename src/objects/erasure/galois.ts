import { assert } from "#lib/assert.ts";

/** GF(2⁸) with the polynomial x⁸ + x⁴ + x³ + x² + 1 (0x11d), whose element 2 generates all others; and matrices over it. */
export type Matrix = readonly (readonly number[])[];

const polynomial = 0x11d;
const exponents = new Uint8Array(510);
const logarithms = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  exponents[power] = value;
  exponents[power + 255] = value;
  logarithms[value] = power;
  value <<= 1;
  if (value > 255) value ^= polynomial;
}

export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return at(exponents, at(logarithms, a) + at(logarithms, b));
}

function inverse(a: number): number {
  assert(a !== 0, "0 has no inverse");
  return at(exponents, 255 - at(logarithms, a));
}

/**
 * The m × k coefficients of the parity chunks: a Cauchy matrix 1 / (xⱼ + yᵢ) whose columns, then rows, are scaled so that the first row and column are 1.
 * Every square submatrix of a Cauchy matrix can be inverted, and scaling keeps that: any k of the k + m chunks give all. The first parity is the plain sum,
 * and with k = 1 each parity is a copy.
 */
export function parityMatrix(k: number, m: number): Matrix {
  assert(k >= 1 && m >= 0 && k + m <= 256, "a code has 1 to 256 chunks");
  const cauchy = (row: number, column: number) => inverse((k + row) ^ column);
  const columnScaled = (row: number, column: number) =>
    multiply(cauchy(row, column), inverse(cauchy(0, column)));
  return range(m).map((row) =>
    range(k).map((column) => multiply(columnScaled(row, column), inverse(columnScaled(row, 0)))),
  );
}

export function multiplyMatrices(a: Matrix, b: Matrix): Matrix {
  return a.map((row) =>
    range(b[0]?.length ?? 0).map((column) =>
      row.reduce((sum, value, index) => sum ^ multiply(value, at(b[index] ?? [], column)), 0),
    ),
  );
}

/** By Gauss and Jordan's elimination. The matrix must be square and invertible. */
export function invert(matrix: Matrix): Matrix {
  const size = matrix.length;
  const rows = matrix.map((row, index) => [...row, ...range(size).map((column) => Number(column === index))]);
  for (const column of range(size)) {
    const found = rows.findIndex((row, index) => index >= column && at(row, column) !== 0);
    const pivot = rows[found];
    assert(pivot !== undefined, "the matrix is invertible");
    rows.splice(found, 1);
    const scale = inverse(at(pivot, column));
    const scaled = pivot.map((value) => multiply(value, scale));
    rows.splice(column, 0, scaled);
    for (const [index, row] of rows.entries()) {
      const factor = at(row, column);
      if (index === column || factor === 0) continue;
      rows[index] = row.map((value, place) => value ^ multiply(factor, at(scaled, place)));
    }
  }
  return rows.map((row) => row.slice(size));
}

export function identity(size: number): Matrix {
  return range(size).map((row) => range(size).map((column) => Number(column === row)));
}

function at(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  assert(value !== undefined, "the index lies inside");
  return value;
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
