// @ts-check
/** Lines of equal height on a grid, by marching squares. No DOM. */

/**
 * @param {ArrayLike<number>} values (ny, nx), row by row
 * @param {number} nx @param {number} ny @param {number} level
 * @param {(x0: number, y0: number, x1: number, y1: number) => void} draw  a piece of the line, in grid units
 */
export function contour(values, nx, ny, level, draw) {
  const corner = [0, 0, 0, 0];
  /** @type {number[]} */
  const cut = [];
  for (let j = 0; j < ny - 1; j++) {
    for (let i = 0; i < nx - 1; i++) {
      const at = j * nx + i;
      corner[0] = values[at] - level;
      corner[1] = values[at + 1] - level;
      corner[2] = values[at + nx + 1] - level;
      corner[3] = values[at + nx] - level;
      const sides = (corner[0] > 0 ? 1 : 0) + (corner[1] > 0 ? 1 : 0) + (corner[2] > 0 ? 1 : 0) + (corner[3] > 0 ? 1 : 0);
      if (sides === 0 || sides === 4) continue;
      cut.length = 0;
      for (let k = 0; k < 4; k++) {
        const a = corner[k];
        const b = corner[(k + 1) & 3];
        if (a > 0 === b > 0) continue;
        const t = a / (a - b);
        if (k === 0) cut.push(i + t, j);
        else if (k === 1) cut.push(i + 1, j + t);
        else if (k === 2) cut.push(i + 1 - t, j + 1);
        else cut.push(i, j + 1 - t);
      }
      draw(cut[0], cut[1], cut[2], cut[3]);
      if (cut.length === 8) draw(cut[4], cut[5], cut[6], cut[7]);
    }
  }
}
