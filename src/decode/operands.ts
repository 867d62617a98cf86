import type { FarOperand, ImmOperand, MemOperand, Operand, RegClass, RegOperand, RelOperand } from "../isa/types.ts";
import type { Plan } from "./lookup.ts";
import { absoluteOperand, memoryOperand, stringOperand } from "./memory.ts";
import { BANKS, FIXED } from "./registers.ts";
import type { State } from "./state.ts";

/** Register `low` (three bits) extended by `ext` where the class has more than eight; undefined where there is none. */
function register(s: State, cls: RegClass, low: number, ext: number): RegOperand | undefined {
  switch (cls) {
    case "gp8":
      return !s.rex && low >= 4 ? BANKS.gp8h[low - 4] : BANKS.gp8[low | ext];
    case "st":
    case "mm":
    case "sreg":
      return BANKS[cls][low];
    default:
      return BANKS[cls][low | ext];
  }
}

function immediate(s: State, plan: Plan): ImmOperand | RelOperand | FarOperand | MemOperand {
  const { spec } = plan;
  switch (plan.immediate) {
    case "ib": {
      const v = spec.signed ? s.i8() : s.u8();
      return { kind: "imm", lo: v, hi: v >> 31, size: 8 };
    }
    case "iw": {
      const v = spec.signed ? s.i16() : s.u16();
      return { kind: "imm", lo: v, hi: v >> 31, size: 16 };
    }
    case "id": {
      const v = s.i32();
      return { kind: "imm", lo: v, hi: spec.signed ? v >> 31 : 0, size: 32 };
    }
    case "io": {
      const lo = s.i32();
      return { kind: "imm", lo, hi: s.i32(), size: 64 };
    }
    case "cb":
      return { kind: "rel", disp: s.i8() };
    case "cw":
      return { kind: "rel", disp: s.i16() };
    case "cd":
      return { kind: "rel", disp: s.i32() };
    case "cp": {
      const offset = spec.size === 32 ? s.u16() : s.i32() >>> 0;
      return { kind: "far", selector: s.u16(), offset };
    }
    case "mo":
      return absoluteOperand(s, spec.size);
    default:
      throw new Error(`immediate ${plan.immediate}`);
  }
}

/** Makes an operand, reading what it has behind ModRM. Undefined: no such register. */
function operand(s: State, plan: Plan): Operand | undefined {
  const { spec } = plan;
  switch (plan.field) {
    case "R":
      return register(s, plan.cls, s.reg, s.r);
    case "M": {
      if (s.mod === 3) return register(s, plan.cls, s.rm, s.b);
      if (spec.vsib === undefined) return memoryOperand(s, spec.memSize, false);
      // A vector index needs SIB, which 16-bit addressing doesn't have.
      if (s.rm !== 4 || s.addrSize === 16) return undefined;
      const m = memoryOperand(s, spec.memSize, true);
      m.vsib = spec.vsib;
      return m;
    }
    case "V":
      return BANKS[plan.cls][s.vvvv];
    case "O":
      return register(s, plan.cls, s.opcode & 7, s.b);
    case "S":
      return BANKS[plan.cls][(s.u8() >> 4) & (s.mode === 64 ? 15 : 7)];
    case "I":
      return immediate(s, plan);
    case "X":
      return spec.kind === "str" ? stringOperand(s, spec.size, spec.fixed as string) : FIXED[spec.fixed as string];
  }
}

/**
 * All operands of a form. Making them in their own order reads the bytes in order: those of ModRM's memory come first
 * in the instruction, and no form with memory has an immediate as an earlier operand.
 */
export function operandsOf(s: State, plans: readonly Plan[]): Operand[] | undefined {
  const out: Operand[] = [];
  for (let i = 0; i < plans.length; i++) {
    const o = operand(s, plans[i] as Plan);
    if (o === undefined) return undefined;
    out.push(o);
  }
  return out;
}

/** AVX2's gathers are undefined unless destination, index and mask are three different registers. */
export function gatherIsDefined(operands: readonly Operand[]): boolean {
  const [destination, memory, mask] = operands;
  if (destination?.kind !== "reg" || memory?.kind !== "mem" || mask?.kind !== "reg") return true;
  return destination.num !== mask.num && destination.num !== memory.index && mask.num !== memory.index;
}
