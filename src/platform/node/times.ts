/**
 * Times of files, to the nanosecond. Node takes those to be set as seconds in a double, so the file gets another time, up to a
 * microsecond away; what was asked for is kept here and answered for as long as the file has that time.
 */
import type { BigIntStats } from "node:fs";

interface Times {
  atime: bigint;
  mtime: bigint;
}

/** Files whose times are remembered at most. */
const MOST = 10000;
/** libuv before this minor version cuts off what is below a microsecond. */
const FULL_PRECISION = 49;

const kept = new Map<string, { host: Times; asked: Times }>();
const cutsOff = Number(process.versions.uv?.split(".")[1] ?? 0) < FULL_PRECISION;

/** Half a microsecond more makes whole ones come out right where the rest is cut off. */
export function seconds(ns: bigint): number {
  return cutsOff ? Number((ns / 1000n) * 2n + 1n) / 2e6 : Number(ns) / 1e9;
}

function keyOf(s: BigIntStats): string {
  return `${s.dev}:${s.ino}`;
}

/** Times were set; `s` is what the file has now. */
export function keepTimes(s: BigIntStats, atime: bigint, mtime: bigint): void {
  if (kept.size >= MOST) kept.clear();
  kept.set(keyOf(s), { host: { atime: s.atimeNs, mtime: s.mtimeNs }, asked: { atime, mtime } });
}

export function timesOf(s: BigIntStats): Times {
  const k = kept.size === 0 ? undefined : kept.get(keyOf(s));
  return {
    atime: k?.host.atime === s.atimeNs ? k.asked.atime : s.atimeNs,
    mtime: k?.host.mtime === s.mtimeNs ? k.asked.mtime : s.mtimeNs,
  };
}
