/** stat.h: modes, struct stat and struct statx of x86-64 Linux. */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IXGRP = 0o010;

export const UTIME_NOW = 0x3fffffff;
export const UTIME_OMIT = 0x3ffffffe;

export const STATX_TYPE = 1;
export const STATX_MODE = 2;
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;

/** What both structures are made of, and what files everywhere tell of themselves. */
export interface StatFields {
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  blksize: number;
  /** 512-byte units. */
  blocks: number;
  /** Nanoseconds since the epoch. */
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
}

/** Numbers of devices in the kernel's 64-bit encoding that struct stat shows (makedev(3)). */
export function makedev(major: number, minor: number): number {
  return (major & 0xfff) * 256 + (minor & 0xff) + (minor & 0xfff00) * 4096;
}
export function major(dev: number): number {
  return (dev >>> 8) & 0xfff;
}
export function minor(dev: number): number {
  return (dev & 0xff) | ((dev >>> 12) & 0xfff00);
}

const SECOND = 1000000000n;
/** Seconds, rounded down, and the rest in nanoseconds. */
export function splitTime(ns: bigint): { sec: bigint; nsec: number } {
  let sec = ns / SECOND;
  let nsec = ns % SECOND;
  if (nsec < 0n) {
    sec -= 1n;
    nsec += SECOND;
  }
  return { sec, nsec: Number(nsec) };
}

/** A 64-bit field, two's complement; fractions and NaN cannot occur in valid fields. */
function put64(v: DataView, at: number, value: number): void {
  v.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
}

export const STAT_SIZE = 144;
/** struct stat (144 bytes). */
export function encodeStat(s: StatFields): Uint8Array {
  const out = new Uint8Array(STAT_SIZE);
  const v = new DataView(out.buffer);
  put64(v, 0, s.dev);
  put64(v, 8, s.ino);
  put64(v, 16, s.nlink);
  v.setUint32(24, s.mode, true);
  v.setUint32(28, s.uid, true);
  v.setUint32(32, s.gid, true);
  put64(v, 40, s.rdev);
  put64(v, 48, s.size);
  put64(v, 56, s.blksize);
  put64(v, 64, s.blocks);
  [s.atime, s.mtime, s.ctime].forEach((t, i) => {
    const { sec, nsec } = splitTime(t);
    v.setBigInt64(72 + 16 * i, sec, true);
    put64(v, 80 + 16 * i, nsec);
  });
  return out;
}

export const STATX_SIZE = 256;
/** struct statx (256 bytes). Birth time is never known, so the mask is STATX_BASIC_STATS and the mount's id if given. */
export function encodeStatx(s: StatFields, mountId?: number): Uint8Array {
  const out = new Uint8Array(STATX_SIZE);
  const v = new DataView(out.buffer);
  v.setUint32(0, STATX_BASIC_STATS | (mountId === undefined ? 0 : STATX_MNT_ID), true);
  v.setUint32(4, s.blksize, true);
  v.setUint32(16, s.nlink, true);
  v.setUint32(20, s.uid, true);
  v.setUint32(24, s.gid, true);
  v.setUint16(28, s.mode, true);
  put64(v, 32, s.ino);
  put64(v, 40, s.size);
  put64(v, 48, s.blocks);
  // Access time at 64, birth at 80, change at 96, modification at 112.
  const times: [number, bigint][] = [
    [64, s.atime],
    [96, s.ctime],
    [112, s.mtime],
  ];
  for (const [at, t] of times) {
    const { sec, nsec } = splitTime(t);
    v.setBigInt64(at, sec, true);
    v.setUint32(at + 8, nsec, true);
  }
  v.setUint32(128, major(s.rdev), true);
  v.setUint32(132, minor(s.rdev), true);
  v.setUint32(136, major(s.dev), true);
  v.setUint32(140, minor(s.dev), true);
  if (mountId !== undefined) put64(v, 144, mountId);
  return out;
}
