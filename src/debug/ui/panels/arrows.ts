/** Branches within what is visible, as arrows at the left of the lines. */

export interface Branch {
  /** Lines. */
  from: number;
  to: number;
}

/** What stands in a lane at a line. */
type Cell = " " | "│" | "╭" | "╰" | "├" | "─" | "►";

/**
 * Text of `lanes` columns for each of `height` lines. Short branches get the lanes next to the code, so that arrows nest;
 * what finds no lane isn't drawn.
 */
export function arrows(branches: readonly Branch[], height: number, lanes: number): string[] {
  const grid: Cell[][] = Array.from({ length: height }, () => new Array<Cell>(lanes).fill(" "));
  const used: boolean[][] = Array.from({ length: height }, () => new Array<boolean>(lanes).fill(false));
  const sorted = [...branches].sort((a, b) => Math.abs(a.from - a.to) - Math.abs(b.from - b.to));
  for (const branch of sorted) {
    const top = Math.min(branch.from, branch.to);
    const bottom = Math.max(branch.from, branch.to);
    if (top === bottom) continue;
    // The last column is for arrowheads.
    for (let lane = lanes - 2; lane >= 0; lane--) {
      if (!free(used, top, bottom, lane)) continue;
      draw(grid, used, branch, top, bottom, lane);
      break;
    }
  }
  return grid.map((row) => row.join(""));
}

function free(used: boolean[][], top: number, bottom: number, lane: number): boolean {
  for (let y = top; y <= bottom; y++) if (used[y][lane]) return false;
  return true;
}

function draw(grid: Cell[][], used: boolean[][], branch: Branch, top: number, bottom: number, lane: number): void {
  for (let y = top; y <= bottom; y++) used[y][lane] = true;
  for (let y = top + 1; y < bottom; y++) if (grid[y][lane] === " ") grid[y][lane] = "│";
  for (const y of [top, bottom]) {
    grid[y][lane] = y === top ? "╭" : "╰";
    const row = grid[y];
    for (let x = lane + 1; x < row.length - 1; x++) if (row[x] === " ") row[x] = "─";
    if (y === branch.to) row[row.length - 1] = "►";
    else if (row[row.length - 1] === " ") row[row.length - 1] = "─";
  }
}
