// What the JavaScript tests share.
import assert from "node:assert/strict";

/**
 * The largest relative difference between two lists. Numbers far below the largest of the list (by `floor`) are measured
 * against that largest one: a difference of two almost equal numbers has few digits left.
 */
export function relativeError(actual, expected, floor = 1e-6) {
  assert.equal(actual.length, expected.length, "the lists differ in length");
  let largest = 0;
  for (const e of expected) largest = Math.max(largest, Math.abs(e));
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (difference === 0) continue;
    error = Math.max(error, difference / Math.max(Math.abs(expected[i]), floor * largest));
    if (!(difference < Infinity)) return Infinity; // NaN or infinity on one side only
  }
  return error;
}

/** Fail unless the lists agree. @returns the error, to report it */
export function assertClose(actual, expected, tolerance, what) {
  const error = relativeError(actual, expected);
  assert.ok(error <= tolerance, `${what}: relative error ${error} is above ${tolerance}`);
  return error;
}

/** Central differences of a function of no argument, one for each entry of a vector that it reads. */
export function numericalGradient(f, vector, step = 1e-5) {
  return Array.from(vector, (value, i) => {
    vector[i] = value + step;
    const above = f();
    vector[i] = value - step;
    const below = f();
    vector[i] = value;
    return (above - below) / (2 * step);
  });
}
