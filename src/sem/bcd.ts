/** Decimal adjustment, 16- and 32-bit modes only. Algorithms as in SDM volume 2; flags that it leaves undefined are those of the addition. */
import { RAX } from "../cpu/layout.ts";
import { i32, select, type Val } from "../wasm/expr.ts";
import { type Emit, type Semantics, VECTOR } from "./emit.ts";
import { type Family, ZERO } from "./operand.ts";

const c = i32.const;

/** DAA and DAS: `sign` is 1 or -1. */
function adjustPacked(sign: 1 | -1): Semantics {
  return (e) => {
    const al = e.reg(RAX, 8);
    const low = e.tmp(i32.or(i32.gt_u(i32.and(al, c(15)), c(9)), e.flag("af")));
    const high = e.tmp(i32.or(i32.gt_u(al, c(0x99)), e.flag("cf")));
    const by = e.tmp(i32.add(select(low, c(6), ZERO), select(high, c(0x60), ZERO)));
    const r = e.tmp(i32.and((sign < 0 ? i32.sub : i32.add)(al, by), c(0xff)));
    // DAS also reports the borrow of its first step.
    const borrow = sign < 0 ? i32.and(low, i32.lt_u(al, c(6))) : ZERO;
    const cf = e.tmp(i32.or(high, borrow));
    e.setReg(RAX, 8, r);
    if (sign < 0) e.flagsSub(8, al, by, r);
    else e.flagsAdd(8, al, by, r);
    e.flagsSet({ cf, af: low });
  };
}

/** AAA and AAS. */
function adjustUnpacked(sign: 1 | -1): Semantics {
  return (e) => {
    const ax = e.reg(RAX, 16);
    const adjust = e.tmp(i32.or(i32.gt_u(i32.and(ax, c(15)), c(9)), e.flag("af")));
    // AX changes by 106h, as processors since the 286 do.
    const by = e.tmp(select(adjust, c(0x106), ZERO));
    const r = e.tmp(i32.and((sign < 0 ? i32.sub : i32.add)(ax, by), c(0xffff)));
    e.setReg(RAX, 16, i32.and(r, c(0xff0f)));
    if (sign < 0) e.flagsSub(16, ax, by, r);
    else e.flagsAdd(16, ax, by, r);
    e.flagsSet({ cf: adjust, af: adjust });
  };
}

function setBytes(e: Emit, high: Val, low: Val): void {
  e.setReg(RAX, 16, i32.or(i32.shl(high, c(8)), low));
}

export const BCD = {
  DAA: adjustPacked(1),
  DAS: adjustPacked(-1),
  AAA: adjustUnpacked(1),
  AAS: adjustUnpacked(-1),
  AAM: (e) => {
    const base = e.tmp(i32.and(e.imm(0), c(0xff)));
    e.faultIf(i32.eqz(base), VECTOR.DE);
    const al = e.reg(RAX, 8);
    const low = e.tmp(i32.rem_u(al, base));
    setBytes(e, e.tmp(i32.div_u(al, base)), low);
    e.flagsResult(8, low, ZERO, ZERO);
  },
  AAD: (e) => {
    const base = i32.and(e.imm(0), c(0xff));
    const ax = e.reg(RAX, 16);
    const al = e.tmp(i32.and(ax, c(0xff)));
    const tens = e.tmp(i32.and(i32.mul(i32.shr_u(ax, c(8)), base), c(0xff)));
    const r = e.tmp(i32.and(i32.add(al, tens), c(0xff)));
    setBytes(e, ZERO, r);
    e.flagsAdd(8, al, tens, r);
  },
} satisfies Family;
