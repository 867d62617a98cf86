/**
 * Lazy arithmetic flags. FLAG_RES (i64) is the last result, sign-extended; FLAG_AUX (i32) the rest:
 *
 *   ZF = RES == 0                     SF = (RES < 0) ^ AUX bit 0
 *   PF = even parity of (RES ^ AUX >> 8) & 0xff
 *   AF = AUX bit 3                    CF = AUX bit 31
 *   OF = AUX bit 31 ^ AUX bit 30
 *
 * So an addition or subtraction stores its result and the carry-out vector of its top two bits and bit 3, without
 * computing any flag.
 */
export const AUX_SF = 1;
export const AUX_AF = 1 << 3;
export const AUX_PO = 1 << 30;
export const AUX_CF = 1 << 31;

export const CF = 1;
export const PF = 4;
export const AF = 0x10;
export const ZF = 0x40;
export const SF = 0x80;
export const TF = 0x100;
export const IF = 0x200;
export const DF = 0x400;
export const OF = 0x800;
export const RF = 0x10000;
export const AC = 0x40000;
export const ID = 0x200000;
export const ARITH = CF | PF | AF | ZF | SF | OF;

function oddParity(b: number): number {
  return (0x6996 >> ((b ^ (b >> 4)) & 15)) & 1;
}

/** The arithmetic bits of RFLAGS out of the lazy pair; `resLo` and `resHi` are RES's halves. */
export function packFlags(resLo: number, resHi: number, aux: number): number {
  const sf = (resHi >>> 31) ^ (aux & 1);
  const cf = aux >>> 31;
  const of = cf ^ ((aux >>> 30) & 1);
  const pf = oddParity((resLo ^ (aux >>> 8)) & 0xff) ^ 1;
  const zf = resLo === 0 && resHi === 0;
  return (cf ? CF : 0) | (pf ? PF : 0) | (aux & AUX_AF ? AF : 0) | (zf ? ZF : 0) | (sf ? SF : 0) | (of ? OF : 0);
}

/** The lazy pair for given arithmetic flag bits: [resLo (resHi is 0), aux]. */
export function unpackFlags(flags: number): [number, number] {
  const res = flags & ZF ? 0 : 1;
  const odd = flags & PF ? 0 : 1;
  const cf = flags & CF ? 1 : 0;
  const of = flags & OF ? 1 : 0;
  const aux =
    (flags & SF ? AUX_SF : 0) |
    (flags & AF ? AUX_AF : 0) |
    ((res ^ odd) << 8) |
    (cf ? AUX_CF : 0) |
    (cf ^ of ? AUX_PO : 0);
  return [res, aux];
}
