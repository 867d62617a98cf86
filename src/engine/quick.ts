/** Makes records straight from instruction bytes, by the plans that were made ahead (interp/plans.ts). */
import { CODE_BASE, FS, GPR, SEG_BASE, ZERO } from "../cpu/layout.ts";
import { CTX_66, CTX_F2, CTX_F3, CTX_LENGTH_SHIFT, CTX_REX_W, CTX_W } from "../decode/contexts.ts";
import { LEGACY, VEX } from "../isa/slot.ts";
import type { Ram } from "../mmu/ram.ts";
import { ENDS_BLOCK, FN_MASK } from "./interp/image.ts";
import {
  BYTE_REG,
  ELSEWHERE,
  FIRST_SHIFT,
  HAS_MODRM,
  IMM8,
  IMM8U,
  IMM16,
  IMM16U,
  IMM32U,
  IMM64,
  IMPLIED,
  LOCKABLE,
  MOD_IGNORED,
  NEEDS_B0,
  NEEDS_RM,
  NEVER,
  OF_IS4,
  OF_OPCODE,
  OF_REG,
  OF_RM,
  OF_V,
  ONLY_EIGHT,
  OWN_REP,
  P_INDEX,
  P_MEM,
  P_OPERANDS,
  P_REG,
  PLAN,
  REL8,
  REL32,
  RM_SHIFT,
  STRIDE_SHIFT,
  USES_V,
} from "./interp/plans.ts";
import { RIP_DISP_MAX } from "./interp/variant.ts";
import {
  R_BASE,
  R_COUNT,
  R_DISP,
  R_FN,
  R_IMM,
  R_INDEX,
  R_OP0,
  R_OP1,
  R_OP2,
  R_POS,
  R_SCALE,
  R_SEG,
  R_WHERE,
  RECORD,
} from "./record.ts";

const MAX_LENGTH = 15;
/** What `insn` answers beside the length. */
export const ENDED = 0x10;
export const LENGTH = 0xf;

const REG_FIELDS = [R_OP0, R_OP1, R_OP2, R_IMM];

export class QuickDecoder {
  private bytes: Uint8Array = new Uint8Array(0);
  private pos = 0;
  // The instruction: what prefixes said, its context (decode/contexts.ts) and fields.
  private rep = 0;
  private lock = false;
  private seg = 0;
  /** The prefix, or of VEX the bits that it would have had. */
  private rex = 0;
  private ctx = 0;
  private mod = 3;
  private rm = 0;
  private reg = 0;
  private vvvv = 0;
  private opcode = 0;
  private record = 0;
  /** A displacement from RIP, to be completed when the length is known. */
  private ripRelative = false;
  private shape = 0;

  constructor(
    private readonly ram: Ram,
    private readonly index: Uint16Array,
    private readonly plans: Int32Array,
  ) {}

  /**
   * Writes the record of the instruction at `start` (bytes before `end` are its page's) to RAM at `record`. Its length,
   * with ENDED; 0 if it has to be made elsewhere.
   */
  insn(record: number, start: number, end: number, ip: number, nth: number): number {
    // With 15 bytes left nothing can run over the end; the rest is rare.
    if (end - start < MAX_LENGTH) return 0;
    const { plans } = this;
    this.bytes = this.ram.u8;
    this.pos = start;
    const slot = this.head();
    const head = slot < 0 ? 0 : plans[slot];
    if (head === 0) return 0;
    const plan = this.choose(this.modrm(head));
    if (plan < 0) return 0;
    const what = plans[plan];
    if (what & ELSEWHERE) return 0;
    if (this.lock && ((what & LOCKABLE) === 0 || this.mod === 3)) return 0;
    if ((what & USES_V) === 0 && this.vvvv !== 0) return 0;

    this.begin(record);
    const branch = this.operands(plan);
    const length = this.pos - start;
    if (length > MAX_LENGTH || branch === UNKNOWN) return 0;
    const { i32, u8, u16 } = this.ram;
    if (branch !== NONE) {
      const target = ip + length + branch;
      i32[(record + R_IMM) >> 2] = target;
      i32[(record + R_IMM + 4) >> 2] = target < 0 ? -1 : 0;
    }
    if (this.ripRelative) i32[(record + R_DISP) >> 2] += ip + length;
    const fn = this.index[plans[plan + P_INDEX] + this.variant(what)];
    if (fn === 0) return 0;
    i32[(record + R_FN) >> 2] = fn & FN_MASK;
    u8[record + R_POS] = nth;
    u16[(record + R_WHERE) >> 1] = ip | (length << 12);
    if ((fn & ENDS_BLOCK) === 0) return length;
    u16[(record + R_COUNT) >> 1] = nth + 1;
    return length | ENDED;
  }
  private begin(record: number): void {
    const { i32, u16 } = this.ram;
    this.record = record;
    for (let at = record >> 2; at < (record + RECORD) >> 2; at++) i32[at] = 0;
    u16[(record + R_SEG) >> 1] = this.seg ? SEG_BASE + this.seg * 8 : ZERO;
    this.ripRelative = false;
    this.shape = 0;
  }
  private variant(what: number): number {
    if ((what & IMPLIED) === 0) return this.shape;
    return this.rep === 0 || what & OWN_REP ? 0 : this.rep === 0xf2 ? 2 : 4;
  }

  /** Prefixes and opcode: the slot, with the context set; -1 if it is not for here. */
  private head(): number {
    const { bytes } = this;
    let { pos } = this;
    const limit = pos + MAX_LENGTH - 4;
    let byte = bytes[pos++];
    this.rep = this.ctx = this.seg = this.rex = this.vvvv = 0;
    this.lock = false;
    while ((byte & 0xf0) !== 0x40) {
      if (byte === 0x66) this.ctx = CTX_66;
      else if (byte === 0xf2 || byte === 0xf3) this.rep = byte;
      else if (byte === 0xf0) this.lock = true;
      else if ((byte & 0xfe) === 0x64) this.seg = FS + (byte & 1);
      else if (byte !== 0x2e && byte !== 0x3e) break;
      byte = bytes[pos++];
      if (pos > limit) return -1;
    }
    if ((byte & 0xf0) === 0x40) {
      this.rex = byte;
      byte = bytes[pos++];
      // Only the last prefix counts.
      if ((byte & 0xf0) === 0x40) return -1;
    }
    if (byte === 0xc5 || byte === 0xc4) {
      this.pos = pos;
      return this.vex(byte);
    }
    let map = 0;
    if (byte === 0x0f) {
      map = 1;
      byte = bytes[pos++];
      if (byte === 0x38 || byte === 0x3a) {
        map = byte === 0x38 ? 2 : 3;
        byte = bytes[pos++];
      }
    }
    if (this.rep) this.ctx |= this.rep === 0xf3 ? CTX_F3 : CTX_F2;
    if (this.rex & 8) this.ctx |= CTX_REX_W;
    this.pos = pos;
    this.opcode = byte;
    return (LEGACY << 11) | (map << 8) | byte;
  }
  /** The bytes behind C4 or C5 (SDM volume 2, section 2.3.5). */
  private vex(first: number): number {
    if (this.ctx || this.rep || this.lock || this.rex) return -1;
    const { bytes } = this;
    let map = 1;
    let byte = bytes[this.pos++];
    this.rex = (~byte & 0x80) >> 5;
    if (first === 0xc4) {
      this.rex |= (~byte & 0x60) >> 5;
      map = byte & 0x1f;
      if (map < 1 || map > 3) return -1;
      byte = bytes[this.pos++];
      if (byte & 0x80) this.ctx = CTX_W;
    }
    this.vvvv = (~byte >> 3) & 15;
    this.ctx |= (byte & 3) | (((byte >> 2) & 1) << CTX_LENGTH_SHIFT);
    this.opcode = bytes[this.pos++];
    return (VEX << 11) | (map << 8) | this.opcode;
  }
  /** Reads ModRM if the slot has it. The chain of plans to choose from. */
  private modrm(head: number): number {
    const list = head >> 2;
    this.mod = 3;
    if ((head & HAS_MODRM) === 0) return this.plans[list];
    const byte = this.bytes[this.pos++];
    if ((head & MOD_IGNORED) === 0) this.mod = byte >> 6;
    this.reg = (byte >> 3) & 7;
    this.rm = byte & 7;
    return this.plans[list + this.reg];
  }

  /** The first plan of a chain that holds here, or -1. */
  private choose(chain: number): number {
    const { plans, ctx } = this;
    const accepts = this.mod === 3 ? P_REG : P_MEM;
    for (let at = chain; ; at += PLAN) {
      const what = plans[at];
      if (what === 0) return -1;
      if (((plans[at + accepts] >>> ctx) & 1) === 0 || what & NEVER) continue;
      if (what & NEEDS_RM && ((what >> RM_SHIFT) & 7) !== this.rm) continue;
      if (what & NEEDS_B0 && this.rex & 1) continue;
      return at;
    }
  }

  /** Writes what the operands say. A branch's displacement, or NONE, or UNKNOWN. */
  private operands(plan: number): number {
    const { plans, bytes, rex } = this;
    let field = 0;
    for (let i = plan + P_OPERANDS; i < plan + PLAN; i++) {
      const o = plans[i];
      let number: number;
      switch (o & 15) {
        case 0:
          return NONE;
        case OF_REG:
          number = this.reg | ((rex & 4) << 1);
          break;
        case OF_RM:
          if (this.mod !== 3) {
            if (!this.memory()) return UNKNOWN;
            continue;
          }
          number = this.rm | ((rex & 1) << 3);
          break;
        case OF_V:
          number = this.vvvv;
          break;
        case OF_OPCODE:
          number = (this.opcode & 7) | ((rex & 1) << 3);
          break;
        case OF_IS4:
          number = bytes[this.pos++] >> 4;
          break;
        case REL8:
          return (bytes[this.pos++] << 24) >> 24;
        case REL32:
          return this.int32();
        default:
          this.immediate(o & 15);
          continue;
      }
      let first = o >> FIRST_SHIFT;
      if (o & ONLY_EIGHT) number &= 7;
      else if (o & BYTE_REG && rex === 0 && number >= 4) {
        number -= 4;
        first++;
      }
      this.ram.u16[(this.record + REG_FIELDS[field++]) >> 1] = first + (number << ((o >> STRIDE_SHIFT) & 15));
    }
    return NONE;
  }

  private int32(): number {
    const { bytes, pos } = this;
    this.pos = pos + 4;
    return bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24);
  }

  private immediate(kind: number): void {
    const { bytes } = this;
    const { i32 } = this.ram;
    const at = (this.record + R_IMM) >> 2;
    let low: number;
    switch (kind) {
      case IMM8:
        low = (bytes[this.pos++] << 24) >> 24;
        break;
      case IMM8U:
        low = bytes[this.pos++];
        break;
      case IMM16:
      case IMM16U:
        low = bytes[this.pos] | (bytes[this.pos + 1] << 8);
        if (kind === IMM16) low = (low << 16) >> 16;
        this.pos += 2;
        break;
      default:
        low = this.int32();
    }
    i32[at] = low;
    i32[at + 1] = kind === IMM64 ? this.int32() : kind === IMM32U ? 0 : low >> 31;
  }

  /** The memory operand (SDM volume 2, section 2.1.5, with addresses of 64 bits); false if it can't be had here. */
  private memory(): boolean {
    const { bytes, rex, mod, record } = this;
    const { u8, u16, i32 } = this.ram;
    let base = this.rm;
    let index = ZERO;
    this.shape = this.seg ? 2 : 1;
    let wide = mod === 2;
    if (base === 4) {
      const sib = bytes[this.pos++];
      base = sib & 7;
      const number = ((sib >> 3) & 7) | ((rex & 2) << 2);
      if (number !== 4) {
        index = GPR + number * 8;
        this.shape = 2;
        u8[record + R_SCALE] = sib >> 6;
      }
      if (base === 5 && mod === 0) {
        base = ZERO;
        wide = true;
      } else base = GPR + (base | ((rex & 1) << 3)) * 8;
    } else if (base === 5 && mod === 0) {
      base = CODE_BASE;
      wide = true;
      this.ripRelative = true;
    } else base = GPR + (base | ((rex & 1) << 3)) * 8;
    let disp = 0;
    if (mod === 1) disp = (bytes[this.pos++] << 24) >> 24;
    else if (wide) disp = this.int32();
    if (this.ripRelative && disp > RIP_DISP_MAX) return false;
    u16[(record + R_BASE) >> 1] = base;
    u16[(record + R_INDEX) >> 1] = index;
    i32[(record + R_DISP) >> 2] = disp;
    return true;
  }
}

/** No displacement is as large. */
const NONE = 2 ** 40;
const UNKNOWN = 2 ** 41;
