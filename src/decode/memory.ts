import { BASE_RIP, type MemOperand, NO_REG } from "../isa/types.ts";
import type { State } from "./state.ts";

const SS = 2;
const DS = 3;
const BX = 3;
const BP = 5;
const SI = 6;
const DI = 7;

/** Base and index of 16-bit addressing, by ModRM.rm (SDM volume 2, table 2-1). */
const BASE_16 = [BX, BX, BP, BP, SI, DI, BP, BX];
const INDEX_16 = [SI, DI, SI, DI, NO_REG, NO_REG, NO_REG, NO_REG];

function mem(size: number, seg: number, base: number, index: number, scale: number, disp: number): MemOperand {
  return { kind: "mem", size, seg, base, index, scale, dispLo: disp, dispHi: disp >> 31 };
}

function memory16(s: State, size: number): MemOperand {
  let base = BASE_16[s.rm] as number;
  const index = INDEX_16[s.rm] as number;
  let disp = 0;
  if (s.mod === 1) disp = s.i8() << s.dispShift;
  else if (s.mod === 2) disp = s.i16();
  else if (s.rm === 6) {
    base = NO_REG;
    disp = s.i16();
  }
  const seg = s.seg !== NO_REG ? s.seg : base === BP ? SS : DS;
  return mem(size, seg, base, index, 0, disp);
}

/** The memory operand that ModRM (mod not 3), SIB and displacement tell. With `vector`, SIB.index is a vector register. */
export function memoryOperand(s: State, size: number, vector: boolean): MemOperand {
  if (s.addrSize === 16) return memory16(s, size);
  let base = s.rm;
  let index = NO_REG;
  let scale = 0;
  let disp = 0;
  if (s.rm === 4) {
    const sib = s.u8();
    scale = sib >> 6;
    index = ((sib >> 3) & 7) | s.x;
    if (vector) index |= s.v2;
    else if (index === 4) {
      index = NO_REG;
      scale = 0;
    }
    base = sib & 7;
    if (base === 5 && s.mod === 0) {
      base = NO_REG;
      disp = s.i32();
    } else base |= s.b;
  } else if (s.rm === 5 && s.mod === 0) {
    base = s.mode === 64 ? BASE_RIP : NO_REG;
    disp = s.i32();
  } else base |= s.b;
  if (s.mod === 1) disp = s.i8() << s.dispShift;
  else if (s.mod === 2) disp = s.i32();
  const seg = s.seg !== NO_REG ? s.seg : base === 4 || base === 5 ? SS : DS;
  return mem(size, seg, base, index, scale, disp);
}

/** Memory at an absolute address of the address size (MOV's moffs). */
export function absoluteOperand(s: State, size: number): MemOperand {
  const m = mem(size, s.seg !== NO_REG ? s.seg : DS, NO_REG, NO_REG, 0, 0);
  if (s.addrSize === 16) m.dispLo = s.u16();
  else m.dispLo = s.i32();
  if (s.addrSize === 64) m.dispHi = s.i32();
  return m;
}

/** Implied string operand: "si:" and "bx:" in DS or the override, "di:" always in ES. */
export function stringOperand(s: State, size: number, which: string): MemOperand {
  if (which.startsWith("di")) return mem(size, 0, DI, NO_REG, 0, 0);
  return mem(size, s.seg !== NO_REG ? s.seg : DS, which.startsWith("si") ? SI : BX, NO_REG, 0, 0);
}
