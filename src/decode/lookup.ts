/**
 * From opcode to the forms that share it. Rows are sorted by opcode from their encoding's text alone when the first
 * instruction is decoded; an opcode's rows are parsed when it is first met. So starting up costs a few milliseconds.
 */
import type { Field, Form, Prefix } from "../isa/row.ts";
import { form, ROWS } from "../isa/table.ts";
import { M16, M32, M64, type Mode, type OperandSpec, type RegClass } from "../isa/types.ts";

/**
 * Context numbers, five bits, index the bits of Entry.reg and Entry.mem.
 * Legacy: 1 = 66h; 2 = F3, 4 = F2 (the last of them); 8 = REX.W.
 * VEX and EVEX: 1 to 3 = pp; 4 to 12 = L'L times 4; 16 = W.
 */
export const CTX_66 = 1;
export const CTX_F3 = 2;
export const CTX_F2 = 4;
export const CTX_REX_W = 8;
export const CTX_LENGTH_SHIFT = 2;
export const CTX_W = 16;

/** How to make an operand: what the spec says, in a form quick to switch on. */
export interface Plan {
  field: Field;
  spec: OperandSpec;
  /** Class of a register here; of what is no register, "gp8" stands in. */
  cls: RegClass;
  /** The immediate's encoding token, or "". */
  immediate: string;
}

export interface Entry {
  form: Form;
  /** Bit c: accepted in context c with a register in rm (or without ModRM), and with memory. */
  reg: number;
  mem: number;
  /** Has a condition beside: asize, rm, rexB0. */
  special: boolean;
  plans: readonly Plan[];
}

export interface Slot {
  modrm: boolean;
  /** ModRM.rm is a register whatever mod says (moves of control and debug registers). */
  modIgnored: boolean;
  /** Candidates for each ModRM.reg (just one list where no ModRM), best first. */
  entries: readonly (readonly Entry[])[];
}

export const LEGACY = 0;
export const VEX = 1;
export const EVEX = 2;
const SLOTS = 3 << 11;

export function slotKey(space: number, map: number, opcode: number): number {
  return (space << 11) | (map << 8) | opcode;
}

function hex(code: number): number {
  return code <= 0x39 ? (code >= 0x30 ? code - 0x30 : -1) : code >= 0x41 && code <= 0x46 ? code - 0x37 : -1;
}

/**
 * Where a row belongs: its slot's key, with 0x10000 added if the opcode's low bits are a register. The same grammar as row.ts, but as
 * little of it as will do.
 */
export function keyOfEncoding(e: string): number {
  let map = 0;
  let space = LEGACY;
  let at = 0;
  while (at < e.length) {
    let end = e.indexOf(" ", at);
    if (end < 0) end = e.length;
    const length = end - at;
    const high = hex(e.charCodeAt(at));
    const low = length >= 2 ? hex(e.charCodeAt(at + 1)) : -1;
    const byte = (high << 4) | low;
    if (high < 0 || low < 0) {
      const vex = e.startsWith("VEX.", at);
      if (vex || e.startsWith("EVEX.", at)) {
        space = vex ? VEX : EVEX;
        const dot = e.indexOf(".0F", at);
        if (dot < 0 || dot > end) map = e.charCodeAt(e.indexOf("MAP", at) + 3) - 0x30;
        else map = e.charCodeAt(dot + 3) !== 0x33 ? 1 : e.charCodeAt(dot + 4) === 0x38 ? 2 : 3;
      }
    } else if (length === 4 && byte === 0x0f) {
      if (e.charCodeAt(at + 2) === 0x33) map = e.charCodeAt(at + 3) === 0x38 ? 2 : 3;
    } else if (length === 4) return slotKey(space, map, byte) | 0x10000;
    else if (length === 2) {
      if (space === LEGACY && map === 0 && byte === 0x0f) map = 1;
      else if (space === LEGACY && map === 1 && (byte === 0x38 || byte === 0x3a)) map = byte === 0x38 ? 2 : 3;
      else if (space !== LEGACY || map !== 0 || (byte !== 0x66 && byte !== 0xf2 && byte !== 0xf3)) {
        return slotKey(space, map, byte);
      }
    }
    at = end + 1;
  }
  throw new Error(`no opcode in ${e}`);
}

let rowsByKey: (number[] | undefined)[] | undefined;

/** Row numbers by slot. */
function index(): (number[] | undefined)[] {
  const table: (number[] | undefined)[] = new Array(SLOTS);
  for (let i = 0; i < ROWS.length; i++) {
    const key = keyOfEncoding((ROWS[i] as { encoding: string }).encoding);
    const slot = key & 0xffff;
    for (let n = key > 0xffff ? 7 : 0; n >= 0; n--) {
      const list = table[slot + n];
      if (list) list.push(i);
      else table[slot + n] = [i];
    }
  }
  return table;
}

function prefixAccepts(prefix: Prefix, ctx: number): boolean {
  const rep = ctx & (CTX_F3 | CTX_F2);
  switch (prefix) {
    case "any":
      return true;
    case "NP":
      return rep === 0 && (ctx & CTX_66) === 0;
    case "NFx":
      return rep === 0;
    case "66":
      return rep === 0 && (ctx & CTX_66) !== 0;
    case "F3":
      return rep === CTX_F3;
    case "F2":
      return rep === CTX_F2;
  }
}

function legacyAccepts(f: Form, mode: Mode, ctx: number): boolean {
  if ((ctx & (CTX_F3 | CTX_F2)) === (CTX_F3 | CTX_F2) || ctx >= 16) return false;
  if (!prefixAccepts(f.prefix, ctx)) return false;
  const w = (ctx & CTX_REX_W) !== 0;
  const other = (ctx & CTX_66) !== 0;
  if (f.w >= 0 && w !== (f.w === 1)) return false;
  if (mode === 64) {
    if (f.default64) return w || !other;
    if (f.force64) return true;
    if (f.osize) return !w && other === (f.osize === 16);
    return true;
  }
  return f.osize === 0 || other === (f.osize !== mode);
}

const PP: Readonly<Record<Prefix, number>> = { any: 0, NFx: 0, NP: 0, "66": 1, F3: 2, F2: 3 };

function vexAccepts(f: Form, mode: Mode, ctx: number): boolean {
  if ((ctx & 3) !== PP[f.prefix]) return false;
  const length = (ctx >> CTX_LENGTH_SHIFT) & 3;
  if (f.length !== 0 && length !== (f.length === 512 ? 2 : f.length === 256 ? 1 : 0)) return false;
  // Outside 64-bit mode W doesn't choose between general registers of 32 and 64 bits.
  if (mode !== 64 && f.w === 0 && f.operands.some((o) => (o.kind === "r" || o.kind === "rm") && o.size === 32))
    return true;
  return f.w < 0 || ((ctx & CTX_W) !== 0) === (f.w === 1);
}

function classOf(spec: OperandSpec): RegClass {
  switch (spec.kind) {
    case "r":
    case "rm":
      return spec.size === 8 ? "gp8" : spec.size === 16 ? "gp16" : spec.size === 32 ? "gp32" : "gp64";
    case "sreg":
    case "creg":
    case "dreg":
    case "st":
    case "mm":
    case "xmm":
    case "ymm":
    case "zmm":
    case "k":
      return spec.kind;
    case "mm/m":
      return "mm";
    case "xmm/m":
      return "xmm";
    case "ymm/m":
      return "ymm";
    case "zmm/m":
      return "zmm";
    case "k/m":
      return "k";
    default:
      return "gp8";
  }
}

function entryOf(f: Form, mode: Mode): Entry {
  let accepted = 0;
  for (let ctx = 0; ctx < 32; ctx++) {
    if (f.space === "legacy" ? legacyAccepts(f, mode, ctx) : vexAccepts(f, mode, ctx)) accepted |= 1 << ctx;
  }
  let immediate = 0;
  const plans = f.operands.map((spec, i) => {
    const field = f.fields[i] as Field;
    return { field, spec, cls: classOf(spec), immediate: field === "I" ? (f.immediates[immediate++] ?? "") : "" };
  });
  return {
    form: f,
    reg: f.mod === "mem" ? 0 : accepted,
    mem: f.mod === "reg" ? 0 : accepted,
    special: f.asize !== 0 || f.rm >= 0 || f.rexB0,
    plans,
  };
}

/** The more a row asks for, the earlier it is tried. */
function specificity(f: Form): number {
  return (
    (f.prefix === "any" ? 0 : 32) +
    (f.rm >= 0 ? 16 : 0) +
    (f.digit >= 0 ? 8 : 0) +
    (f.mod !== "" ? 4 : 0) +
    (f.rexB0 ? 2 : 0) +
    (f.osize || f.w >= 0 || f.default64 || f.force64 ? 1 : 0)
  );
}

function buildSlot(key: number, mode: Mode): Slot | null {
  rowsByKey ??= index();
  const bit = mode === 64 ? M64 : mode === 32 ? M32 : M16;
  const numbers = rowsByKey[key];
  if (!numbers) return null;
  const forms = numbers.map(form).filter((f) => (f.modes & bit) !== 0);
  const first = forms[0];
  if (!first) return null;
  forms.sort((a, b) => specificity(b) - specificity(a) || a.index - b.index);
  const modIgnored = first.operands.some((o) => o.kind === "creg" || o.kind === "dreg");
  const all = forms.map((f) => entryOf(f, mode));
  const entries: (readonly Entry[])[] = [];
  for (let digit = 0; digit < 8; digit++) {
    entries.push(all.filter((e) => e.form.digit < 0 || e.form.digit === digit));
  }
  return { modrm: first.modrm, modIgnored, entries };
}

const slots: Readonly<Record<Mode, (Slot | null | undefined)[]>> = {
  16: new Array(SLOTS),
  32: new Array(SLOTS),
  64: new Array(SLOTS),
};

/** The slot of an opcode, or null where no row has it. */
export function slotFor(mode: Mode, space: number, map: number, opcode: number): Slot | null {
  const table = slots[mode];
  const key = slotKey(space, map, opcode);
  const slot = table[key];
  if (slot !== undefined) return slot;
  return (table[key] = buildSlot(key, mode));
}
