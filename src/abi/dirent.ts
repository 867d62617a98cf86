/** dirent.h: entries as getdents64(2) and getdents(2) write them. */
import { S_IFMT } from "./stat.ts";

export const DT_UNKNOWN = 0;
export const DT_FIFO = 1;
export const DT_CHR = 2;
export const DT_DIR = 4;
export const DT_BLK = 6;
export const DT_REG = 8;
export const DT_LNK = 10;
export const DT_SOCK = 12;

/** The DT_ value is the mode's type, shifted. */
export function direntType(mode: number): number {
  return (mode & S_IFMT) >>> 12;
}

export interface Dirent {
  ino: number;
  type: number;
  name: string;
}

/**
 * struct linux_dirent64: d_ino (8), d_off (8), d_reclen (2), d_type (1), name with NUL, padded to 8. `next` is the
 * position of the entry after this one.
 */
export function encodeDirent64(e: Dirent, next: number): Uint8Array {
  const out = new Uint8Array(Math.ceil((20 + e.name.length) / 8) * 8);
  const v = header(out, e, next);
  v.setUint8(18, e.type);
  putName(out, 19, e.name);
  return out;
}

/** struct linux_dirent of the older call: the type is the record's last byte. */
export function encodeDirent(e: Dirent, next: number): Uint8Array {
  const out = new Uint8Array(Math.ceil((20 + e.name.length) / 8) * 8);
  header(out, e, next);
  putName(out, 18, e.name);
  out[out.length - 1] = e.type;
  return out;
}

function header(out: Uint8Array, e: Dirent, next: number): DataView {
  const v = new DataView(out.buffer);
  v.setBigUint64(0, BigInt.asUintN(64, BigInt(e.ino)), true);
  v.setBigUint64(8, BigInt(next), true);
  v.setUint16(16, out.length, true);
  return v;
}

function putName(out: Uint8Array, at: number, name: string): void {
  for (let i = 0; i < name.length; i++) out[at + i] = name.charCodeAt(i);
}
