/** Curves as an SVG picture, both axes logarithmic. */
export interface Curve {
  name: string;
  points: readonly (readonly [number, number])[];
}

const WIDTH = 260;
const HEIGHT = 200;
const MARGIN = 50;

/** Powers of ten around all values. */
function range(values: readonly number[]): [number, number] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  return [from, Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function panel({ name, points }: Curve, left: number): string {
  const [x0, x1] = range(points.map((p) => p[0]));
  const [y0, y1] = range(points.map((p) => p[1]));
  const x = (v: number): number => left + MARGIN + ((Math.log10(v) - x0) / (x1 - x0)) * WIDTH;
  const y = (v: number): number => MARGIN + HEIGHT - ((Math.log10(v) - y0) / (y1 - y0)) * HEIGHT;
  const out = [`<text x="${left + MARGIN}" y="${MARGIN - 20}" font-weight="bold">${name}</text>`];
  for (let e = x0; e <= x1; e++) {
    const at = x(10 ** e).toFixed(1);
    out.push(`<path d="M${at} ${MARGIN}v${HEIGHT}" stroke="#ddd"/>`);
    out.push(`<text x="${at}" y="${MARGIN + HEIGHT + 16}" text-anchor="middle">1e${e}</text>`);
  }
  for (let e = y0; e <= y1; e++) {
    const at = y(10 ** e).toFixed(1);
    out.push(`<path d="M${left + MARGIN} ${at}h${WIDTH}" stroke="#ddd"/>`);
    out.push(`<text x="${left + MARGIN - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${10 ** e}</text>`);
  }
  const line = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ");
  out.push(`<polyline points="${line}" fill="none" stroke="#c33" stroke-width="2"/>`);
  for (const [a, b] of points) out.push(`<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="3" fill="#c33"/>`);
  return out.join("\n");
}

export function picture(curves: readonly Curve[]): string {
  const step = WIDTH + 2 * MARGIN;
  const [width, height] = [curves.length * step, HEIGHT + 2 * MARGIN];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`;
  const ground = `<rect width="${width}" height="${height}" fill="white"/>`;
  return `${[head, ground, ...curves.map((c, i) => panel(c, i * step)), "</svg>"].join("\n")}\n`;
}
