import type { Form } from "../isa/row.ts";
import { LEGACY, VEX } from "../isa/slot.ts";
import { EVEX_ROW, form } from "../isa/table.ts";
import type { Insn, Mode, Operand } from "../isa/types.ts";
import { CTX_66, CTX_F2, CTX_F3, CTX_LENGTH_SHIFT, CTX_REX_W, CTX_W } from "./contexts.ts";
import { type Entry, entriesOf, type Slot, slotFor } from "./lookup.ts";
import { memoryOperand } from "./memory.ts";
import { gatherIsDefined, operandsOf } from "./operands.ts";
import { State } from "./state.ts";

/** Why bytes are not an instruction: undefined opcode, longer than 15 bytes (#GP), or the bytes given end too early. */
export type DecodeError = "ud" | "long" | "short";

/** No instruction is longer. */
const MAX_LENGTH = 15;

const FS = 4;

const state = new State();

/** Consumes prefixes and returns the byte that follows. */
function prefixes(s: State): number {
  const is64 = s.mode === 64;
  for (;;) {
    const byte = s.u8();
    switch (byte) {
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
        // ES, CS, SS and DS have no effect in 64-bit mode, not even on an earlier FS or GS.
        if (!is64) s.seg = (byte >> 3) & 3;
        break;
      case 0x64:
      case 0x65:
        s.seg = FS + (byte & 1);
        break;
      case 0x66:
        s.prefix66 = true;
        break;
      case 0x67:
        s.addrSize = s.mode === 32 ? 16 : 32;
        break;
      case 0xf0:
        s.lock = true;
        break;
      case 0xf2:
      case 0xf3:
        s.rep = byte;
        break;
      default:
        if (!is64 || (byte & 0xf0) !== 0x40) return byte;
        s.rex = true;
        s.w = (byte & 8) !== 0;
        s.r = (byte & 4) << 1;
        s.x = (byte & 2) << 2;
        s.b = (byte & 1) << 3;
        continue;
    }
    // A REX prefix that isn't the last is ignored.
    if (s.rex) {
      s.rex = s.w = false;
      s.r = s.x = s.b = 0;
    }
    if (s.overrun) return 0;
  }
}

function modrm(s: State): void {
  const byte = s.u8();
  s.mod = byte >> 6;
  s.reg = (byte >> 3) & 7;
  s.rm = byte & 7;
}

/** Conditions that the context number doesn't hold. */
function specialHolds(s: State, e: Entry): boolean {
  const f = e.form;
  return (f.asize === 0 || f.asize === s.addrSize) && (f.rm < 0 || f.rm === s.rm) && !(f.rexB0 && s.b !== 0);
}

function choose(s: State, entries: readonly Entry[], ctx: number): Entry | undefined {
  for (let i = 0; i < entries.length; i++) {
    const e = entries[i] as Entry;
    if (((s.mod === 3 ? e.reg : e.mem) >>> ctx) & 1 && (!e.special || specialHolds(s, e))) return e;
  }
  return undefined;
}

/** Finds the form in its slot; the opcode is consumed, ModRM is not. */
function lookup(s: State, space: number, map: number, opcode: number, ctx: number): Entry | undefined {
  s.map = map;
  s.opcode = opcode;
  s.behind = s.pos;
  const slot = slotFor(s.mode, space, map, opcode);
  if (slot === null) return undefined;
  if (slot.modrm) {
    modrm(s);
    if (slot.modIgnored) s.mod = 3;
  }
  return choose(s, slot.entries[s.reg] ?? entriesOf(slot, s.reg), ctx);
}

function legacy(s: State, first: number): Entry | undefined {
  let map = 0;
  let opcode = first;
  if (opcode === 0x0f) {
    map = 1;
    opcode = s.u8();
    if (opcode === 0x38 || opcode === 0x3a) {
      map = opcode === 0x38 ? 2 : 3;
      opcode = s.u8();
    }
  }
  const rep = s.rep === 0 ? 0 : s.rep === 0xf3 ? CTX_F3 : CTX_F2;
  return lookup(s, LEGACY, map, opcode, rep | (s.prefix66 ? CTX_66 : 0) | (s.w ? CTX_REX_W : 0));
}

/** VEX: the bytes after C4 or C5 (SDM volume 2, section 2.3.5). Legacy prefixes that it replaces make it undefined. */
function vex(s: State, first: number): Entry | undefined {
  let known = !s.prefix66 && s.rep === 0 && !s.lock && !s.rex;
  const is64 = s.mode === 64;
  let map = 1;
  let byte = s.u8();
  if (is64) s.r = (~byte & 0x80) >> 4;
  if (first === 0xc4) {
    if (is64) {
      s.x = (~byte & 0x40) >> 3;
      s.b = (~byte & 0x20) >> 2;
    }
    map = byte & 0x1f;
    // The others have the length of 0F38's.
    if (map < 1 || map > 3) [known, map] = [false, 2];
    byte = s.u8();
    s.w = (byte & 0x80) !== 0;
  }
  s.vvvv = (~byte >> 3) & 15;
  s.length = (byte >> 2) & 1;
  const ctx = (byte & 3) | (s.length << CTX_LENGTH_SHIFT) | (s.w ? CTX_W : 0);
  // General registers of 8 bits don't occur; REX stands for extended registers only.
  const e = lookup(s, VEX, map, s.u8(), ctx);
  if (!known || (e && !e.form.usesV && s.vvvv !== 0)) return undefined;
  if (!is64) s.vvvv &= 7;
  return e;
}

/**
 * What follows the opcode of an undefined instruction: processors find the length first, by the opcode alone, so that #GP for
 * too long a one and page faults come before #UD. (AMD's, as measured. UD0 and UD1 have no ModRM there, which is not
 * followed, nor are XOP and 3DNow.)
 */
function undefinedRest(s: State): void {
  const { map, opcode } = s;
  s.pos = s.behind;
  const slot = slotFor(s.mode, LEGACY, map, opcode) ?? slotFor(32, LEGACY, map, opcode);
  if (slot ? slot.modrm : map > 1) {
    modrm(s);
    if (slot?.modIgnored) s.mod = 3;
    if (s.mod !== 3) memoryOperand(s, 0, false);
  }
  for (let n = immediateBytes(s, slot); n > 0; n--) s.u8();
}
/** Bytes of the immediates that an opcode has. */
function immediateBytes(s: State, slot: Slot | null): number {
  if (!slot) return s.map === 3 ? 1 : 0;
  const small = s.prefix66 && !s.w;
  // An undefined member of a group counts as its first one.
  const others = slotFor(32, LEGACY, s.map, s.opcode) ?? slot;
  const tries = [entriesOf(slot, slot.modrm ? s.reg : 0), entriesOf(slot, 0), entriesOf(others, 0)];
  const entries = tries.find((list) => list.length) ?? [];
  const e = entries.find(({ form: f }) => (f.osize === 16) === small) ?? entries[0];
  return (e?.form.immediates ?? []).reduce((sum, token) => sum + (IMMEDIATE_BYTES[token] ?? 0), 0);
}
const IMMEDIATE_BYTES: Readonly<Record<string, number>> = {
  ib: 1,
  iw: 2,
  id: 4,
  io: 8,
  cb: 1,
  cw: 2,
  cd: 4,
  cp: 6,
  is4: 1,
};

/** EVEX (P0 to P2 follow 62): recognized as a whole, with no more than its length. True if well-formed. */
function evex(s: State): boolean {
  if (s.prefix66 || s.rep !== 0 || s.lock || s.rex) return false;
  const p0 = s.u8();
  const p1 = s.u8();
  s.u8();
  const map = p0 & 7;
  if ((p0 & 8) !== 0 || (p1 & 4) === 0 || !EVEX_MAPS.has(map)) return false;
  const opcode = s.u8();
  modrm(s);
  if (s.mod !== 3) memoryOperand(s, 0, false);
  if (map === 3 || (map === 1 && EVEX_0F_IMMEDIATE.has(opcode))) s.u8();
  return true;
}

const EVEX_MAPS = new Set([1, 2, 3, 5, 6]);
/** Opcodes of map 0F with an immediate: shuffles, shifts, compares, PINSRW, PEXTRW. */
const EVEX_0F_IMMEDIATE = new Set([0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6]);

const CS = 1;

/** What the prefixes and fields may not be for the form found. */
function allowed(s: State, e: Entry): boolean {
  const f = e.form;
  if (s.lock && !(f.lockable && s.mod !== 3)) return false;
  const first = f.operands[0];
  return !(first !== undefined && first.kind === "sreg" && s.reg === CS);
}

/** Outside 64-bit mode C4, C5 and 62 are LES, LDS and BOUND, unless ModRM would name a register. */
function vexIsMeant(s: State): boolean {
  return s.mode === 64 || (s.pos < s.limit && (s.bytes[s.pos] as number) >= 0xc0);
}

function insn(s: State, f: Form, at: number, operands: Operand[]): Insn {
  const { mode } = s;
  const wide = mode === 64 && (s.w || f.default64 || f.force64);
  return {
    row: f,
    mode,
    length: s.pos - at,
    addrSize: s.addrSize,
    opSize: wide ? 64 : (mode === 16) === s.prefix66 ? 32 : 16,
    rep: f.prefix === "F2" || f.prefix === "F3" ? 0 : s.rep,
    lock: s.lock,
    seg: s.seg,
    operands,
  };
}

/**
 * Decodes one instruction at `bytes[at]`, looking at no byte from `end` on.
 */
export function decode(bytes: Uint8Array, at: number, end: number, mode: Mode): Insn | DecodeError {
  const s = state;
  const limit = Math.min(end, at + MAX_LENGTH);
  s.start(bytes, at, limit, mode);
  const first = prefixes(s);
  let e: Entry | undefined;
  if ((first === 0xc4 || first === 0xc5 || first === 0x62) && vexIsMeant(s)) {
    if (first === 0x62) {
      const known = evex(s);
      if (s.overrun) return limit < end ? "long" : "short";
      return known ? insn(s, form(EVEX_ROW), at, []) : "ud";
    }
    e = vex(s, first);
  } else e = legacy(s, first);
  const operands = e && operandsOf(s, e.plans);
  if (operands === undefined && !s.overrun) undefinedRest(s);
  if (s.overrun) return limit < end ? "long" : "short";
  if (e === undefined || operands === undefined || !allowed(s, e)) return "ud";
  const f = e.form;
  if (f.gather && !gatherIsDefined(operands)) return "ud";
  return insn(s, f, at, operands);
}
