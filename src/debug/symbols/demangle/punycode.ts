/** Punycode: RFC 3492, section 6.2. */
const BASE = 36;
const TMIN = 1;
const TMAX = 26;
const SKEW = 38;
const DAMP = 700;
const BIAS = 72;
const FIRST = 128;

function adapted(delta: number, points: number, first: boolean): number {
  let d = first ? Math.floor(delta / DAMP) : delta >> 1;
  d += Math.floor(d / points);
  let k = 0;
  for (; d > ((BASE - TMIN) * TMAX) >> 1; k += BASE) d = Math.floor(d / (BASE - TMIN));
  return k + Math.floor(((BASE - TMIN + 1) * d) / (d + SKEW));
}

function digit(letter: string): number {
  const n = "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(letter.toLowerCase());
  return letter === "" ? -1 : n;
}

/** The text, or undefined if the input is wrong. */
export function punycode(input: string): string | undefined {
  const dash = input.lastIndexOf("-");
  const out = dash > 0 ? [...input.slice(0, dash)] : [];
  let [n, i, bias] = [FIRST, 0, BIAS];
  for (let at = dash > 0 ? dash + 1 : 0; at < input.length; ) {
    const before = i;
    for (let w = 1, k = BASE; ; k += BASE) {
      const d = digit(input[at++] ?? "");
      if (d < 0) return undefined;
      i += d * w;
      const t = Math.min(TMAX, Math.max(TMIN, k - bias));
      if (d < t) break;
      w *= BASE - t;
    }
    const length = out.length + 1;
    bias = adapted(i - before, length, before === 0);
    n += Math.floor(i / length);
    i %= length;
    if (n > 0x10ffff) return undefined;
    out.splice(i++, 0, String.fromCodePoint(n));
  }
  return out.join("");
}
