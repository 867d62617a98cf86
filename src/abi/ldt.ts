/** struct user_desc of <asm/ldt.h>, and the descriptors that modify_ldt(2) makes of it. */

export const USER_DESC_SIZE = 16;
export const LDT_ENTRIES = 8192;
export const LDT_ENTRY_SIZE = 8;
export const MODIFY_LDT_CONTENTS_CONFORMING = 3;

export interface UserDesc {
  entry: number;
  base: number;
  limit: number;
  /** 0 data, 1 data that grows down, 2 code, 3 conforming code. */
  contents: number;
  seg32: boolean;
  readExecOnly: boolean;
  limitInPages: boolean;
  notPresent: boolean;
  useable: boolean;
  lm: boolean;
}

export function decodeUserDesc(v: DataView): UserDesc {
  const flags = v.getUint32(12, true);
  const bit = (n: number): boolean => ((flags >>> n) & 1) !== 0;
  return {
    entry: v.getUint32(0, true),
    base: v.getUint32(4, true),
    limit: v.getUint32(8, true),
    seg32: bit(0),
    contents: (flags >>> 1) & 3,
    readExecOnly: bit(3),
    limitInPages: bit(4),
    notPresent: bit(5),
    useable: bit(6),
    lm: bit(7),
  };
}

/** LDT_empty of the kernel: what clears an entry. */
export function isEmptyDesc(d: UserDesc): boolean {
  if (d.base !== 0 || d.limit !== 0 || d.contents !== 0 || d.seg32 || d.limitInPages || d.useable || d.lm) return false;
  return d.readExecOnly && d.notPresent;
}

/** fill_ldt: the eight bytes of a descriptor of privilege level 3, as if it had been used already. */
export function encodeDescriptor(d: UserDesc, withAvailable = true): bigint {
  const b = BigInt(d.base);
  const l = BigInt(d.limit);
  const one = (v: boolean): bigint => (v ? 1n : 0n);
  const type = (one(!d.readExecOnly) << 1n) | (BigInt(d.contents) << 2n) | 1n;
  const low = (l & 0xffffn) | ((b & 0xffffn) << 16n);
  const high =
    ((b >> 16n) & 0xffn) |
    (type << 8n) |
    (1n << 12n) |
    (3n << 13n) |
    (one(!d.notPresent) << 15n) |
    (l & 0xf0000n) |
    (one(withAvailable && d.useable) << 20n) |
    (one(d.seg32) << 22n) |
    (one(d.limitInPages) << 23n) |
    (b & 0xff000000n);
  return low | (high << 32n);
}
