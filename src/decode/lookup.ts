/**
 * From opcode to the forms that share it. Rows are parsed when an opcode (with ModRM.reg, where that is part of it) is
 * first met, so starting up costs little.
 */
import type { Field, Form, Prefix } from "../isa/row.ts";
import { digitOfEncoding, SLOTS, slotKey } from "../isa/slot.ts";
import { encodingOf, form, rowsOf } from "../isa/table.ts";
import { M16, M32, M64, type Mode, type OperandSpec, type RegClass } from "../isa/types.ts";
import { CTX_66, CTX_F2, CTX_F3, CTX_LENGTH_SHIFT, CTX_REX_W, CTX_W } from "./contexts.ts";

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
  key: number;
  mode: Mode;
  /** Candidates for each ModRM.reg (just [0] where no ModRM), best first; made on first use. */
  entries: (readonly Entry[] | undefined)[];
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

/** Outside 64-bit mode W doesn't choose between general registers of 32 and 64 bits. */
function wIgnored(f: Form, mode: Mode): boolean {
  return mode !== 64 && f.w === 0 && f.operands.some((o) => (o.kind === "r" || o.kind === "rm") && o.size === 32);
}

function vexAccepts(f: Form, mode: Mode, ctx: number): boolean {
  if ((ctx & 3) !== PP[f.prefix]) return false;
  const length = (ctx >> CTX_LENGTH_SHIFT) & 3;
  if (f.length !== 0 && length !== (f.length === 512 ? 2 : f.length === 256 ? 1 : 0)) return false;
  if (wIgnored(f, mode)) return true;
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

const masks = new Map<string, number>();

/** The contexts that a form accepts, as bits. Few different ones exist, so they are kept. */
function acceptedContexts(f: Form, mode: Mode): number {
  const legacy = f.space === "legacy";
  const key = legacy
    ? `${mode} ${f.prefix} ${f.w} ${f.osize} ${f.default64} ${f.force64}`
    : `${mode} ${f.prefix} ${f.w} ${f.length} ${wIgnored(f, mode)}`;
  let mask = masks.get(key);
  if (mask === undefined) {
    mask = 0;
    for (let ctx = 0; ctx < 32; ctx++) {
      if (legacy ? legacyAccepts(f, mode, ctx) : vexAccepts(f, mode, ctx)) mask |= 1 << ctx;
    }
    masks.set(key, mask);
  }
  return mask;
}

function entryOf(f: Form, mode: Mode): Entry {
  const accepted = acceptedContexts(f, mode);
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

/** Forms of a slot that the mode has; with a ModRM.reg, only those that it can be. */
function formsOf(key: number, mode: Mode, digit: number): Form[] {
  const bit = mode === 64 ? M64 : mode === 32 ? M32 : M16;
  const out: Form[] = [];
  for (const number of rowsOf(key)) {
    if (digit >= 0) {
      const own = digitOfEncoding(encodingOf(number));
      if (own >= 0 && own !== digit) continue;
    }
    const f = form(number);
    if ((f.modes & bit) !== 0) out.push(f);
  }
  return out;
}

function buildSlot(key: number, mode: Mode): Slot | null {
  const rows = rowsOf(key);
  if (rows.length === 0) return null;
  // An opcode has ModRM in all its forms or in none; a mode may have none of them (06 is 16 and 32-bit only).
  const first = form(rows[0] as number);
  if (!first.modrm && formsOf(key, mode, -1).length === 0) return null;
  const modIgnored = first.operands.some((o) => o.kind === "creg" || o.kind === "dreg");
  return { modrm: first.modrm, modIgnored, key, mode, entries: new Array(8) };
}

/** The candidates of a slot for a value of ModRM.reg (0 where there is none). */
export function entriesOf(slot: Slot, reg: number): readonly Entry[] {
  const found = slot.entries[reg];
  if (found !== undefined) return found;
  const forms = formsOf(slot.key, slot.mode, slot.modrm ? reg : -1);
  forms.sort((a, b) => specificity(b) - specificity(a) || a.index - b.index);
  return (slot.entries[reg] = forms.map((f) => entryOf(f, slot.mode)));
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
