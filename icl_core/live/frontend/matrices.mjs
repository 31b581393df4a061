// Small vectors and matrices, in float64: rows of numbers. Knows no page and no plotly.

export function dot(one, other) {
  let value = 0;
  for (let k = 0; k < one.length; k++) value += one[k] * other[k];
  return value;
}

export function times(matrix, vector) {
  const result = new Float64Array(matrix.length);
  for (let k = 0; k < matrix.length; k++) result[k] = dot(matrix[k], vector);
  return result;
}

export function sum(one, other) {
  const result = new Float64Array(one.length);
  for (let k = 0; k < one.length; k++) result[k] = one[k] + other[k];
  return result;
}

export const scaled = (vector, share) => Float64Array.from(vector, (value) => share * value);

export const added = (one, other) => one.map((row, i) => sum(row, other[i]));

export function product(one, other) {
  const columns = other[0].length;
  return one.map((row) => {
    const result = new Float64Array(columns);
    for (let k = 0; k < row.length; k++) {
      const [share, rest] = [row[k], other[k]];
      for (let j = 0; j < columns; j++) result[j] += share * rest[j];
    }
    return result;
  });
}

export const transposed = (matrix) =>
  Array.from(matrix[0], (_, j) => Float64Array.from(matrix, (row) => row[j]));

export const identity = (size) =>
  Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => Number(i === j)));

/** sum_i e_i e_i^T of rows e_i. */
export function gramOf(rows) {
  const width = rows[0].length;
  const gram = Array.from({ length: width }, () => new Float64Array(width));
  for (const e of rows) {
    for (let i = 0; i < width; i++) {
      const [row, weight] = [gram[i], e[i]];
      for (let j = 0; j < width; j++) row[j] += weight * e[j];
    }
  }
  return gram;
}

/** U diag(values) U^T: the matrix with these eigenvalues in the place of its own. */
export const withValues = (U, values) =>
  product(U.map((row) => row.map((each, i) => each * values[i])), transposed(U));

const SWEEPS = 60;

/** Eigenvalues, ascending, and eigenvectors as columns of U, of a symmetric matrix (Jacobi's rotations). */
export function eigen(matrix) {
  const size = matrix.length;
  const A = matrix.map((row) => Float64Array.from(row));
  const U = identity(size);
  for (let sweep = 0; sweep < SWEEPS && !isDiagonal(A); sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(A, U, p, q);
  }
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => A[i][i] - A[j][j]);
  return {
    values: Float64Array.from(order, (i) => A[i][i]),
    U: U.map((row) => Float64Array.from(order, (i) => row[i])),
  };
}

/** Whether what stands beside the diagonal is gone beside it, to the last digit. */
function isDiagonal(A) {
  let [beside, on] = [0, 0];
  A.forEach((row, i) => row.forEach((value, j) => (i === j ? (on += value ** 2) : (beside += value ** 2))));
  return !(beside > on * Number.EPSILON ** 2);
}

/** Turns the plane of p and q so that A[p][q] becomes 0. */
function rotate(A, U, p, q) {
  if (A[p][q] === 0) return;
  const slope = (A[q][q] - A[p][p]) / (2 * A[p][q]);
  const t = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(1, slope));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  const turn = (row, one, other) => {
    [row[one], row[other]] = [c * row[one] - s * row[other], s * row[one] + c * row[other]];
  };
  for (const row of A) turn(row, p, q);
  const [above, below] = [A[p], A[q]];
  A[p] = above.map((value, j) => c * value - s * below[j]);
  A[q] = above.map((value, j) => s * value + c * below[j]);
  [A[p][q], A[q][p]] = [0, 0];
  for (const row of U) turn(row, p, q);
}
