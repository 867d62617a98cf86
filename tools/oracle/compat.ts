/**
 * Trials of 16- and 32-bit code, and of far transfers between segments: one instruction, encoded at random around its row,
 * whose registers are set so that its memory operand mostly lies where memory is.
 */
import { decode } from "../../src/decode/decode.ts";
import type { Form } from "../../src/isa/row.ts";
import { form, ROWS } from "../../src/isa/table.ts";
import { BASE_RIP, type Insn, M16, M32, M64, type MemOperand, NO_REG } from "../../src/isa/types.ts";
import type { Builder } from "./builder.ts";
import { hostHas } from "./features.ts";
import { flagMask, flavourOf, SKIPPED } from "./generate.ts";
import * as T from "./layout.ts";
import type { Random } from "./random.ts";
import { codeOffset, FRAME_AT, selectorsFor, WORLDS, type World } from "./segments.ts";
import { hasWorld } from "./silicon.ts";
import { ALIGNED_ONLY, LEFT_OUT, leavesOut } from "./vendor.ts";

const [RCX, RBX, RSP, RBP, RSI, RDI] = [1, 3, 4, 5, 6, 7];
const [ES, SS, DS] = [0, 2, 3];
/** Far transfers and descriptors, which are left out elsewhere. */
const FAR = /^(IRET[DQ]?|RETF|LAR|LSL|VER[RW]|L[DEFGS]S)$/;
/** Its outcome in 32-bit code is the system's. */
const APART = /^(SYSCALL|SYSENTER|INT|INTO|BOUND|SGDT|SIDT|SLDT|STR|SMSW|XSAVE\w*|XRSTOR\w*)$/;

const isFar = (f: Form): boolean => FAR.test(f.mnemonic) || /^(JMP|CALL) (m16|ptr)/.test(f.text);
const loadsSegment = (f: Form): boolean =>
  /^(MOV|POP)$/.test(f.mnemonic) && (f.operands[0]?.kind === "sreg" || /^POP [CDEFGS]S/.test(f.text));

/** Rows for a world: all of the mode's; in 64-bit code what has to do with segments. */
export function compatRows(world: World): Form[] {
  const { mode } = WORLDS[world];
  const bit = mode === 64 ? M64 : mode === 32 ? M32 : M16;
  return ROWS.map((_, i) => form(i)).filter((f) => {
    if (!(f.modes & bit) || f.unsupported || !hostHas(f) || LEFT_OUT.test(f.mnemonic)) return false;
    if (isFar(f) || loadsSegment(f)) return true;
    return mode !== 64 && !SKIPPED.test(f.mnemonic) && !APART.test(f.mnemonic) && !f.gather;
  });
}

function little(out: number[], v: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) out.push(Math.floor(v / 2 ** (8 * i)) & 0xff);
}

/** Prefixes that the row needs, and others now and then. */
function prefixes(f: Form, mode: number, r: Random, memory: boolean): number[] {
  const out: number[] = [];
  if (r.one(6)) out.push(r.pick([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]));
  const small = mode === 16;
  if (f.asize ? (f.asize === 16) !== small && f.asize !== mode : r.one(6)) out.push(0x67);
  if (f.space !== "legacy") return out;
  if (f.osize ? (f.osize === 16) !== small : f.prefix === "any" && r.one(8)) out.push(0x66);
  if (f.prefix === "66" || f.prefix === "F2" || f.prefix === "F3") out.push(Number.parseInt(f.prefix, 16));
  if (f.repeat !== "" && r.one(2)) out.push(f.repeat === "repe" && r.one(2) ? 0xf2 : 0xf3);
  if (f.lockable && memory && r.one(4)) out.push(0xf0);
  return out;
}

/** ModRM and what follows. Displacements without a base are offsets in segments. */
function modrm(f: Form, r: Random, memory: boolean, short: boolean, absolute: number): number[] {
  const reg = f.digit >= 0 ? f.digit : r.below(8);
  if (!memory) return [0xc0 | (reg << 3) | (f.rm >= 0 ? f.rm : r.below(8))];
  const mod = r.below(3);
  const rm = r.below(8);
  const out = [(mod << 6) | (reg << 3) | rm];
  let base = rm;
  if (!short && rm === 4) {
    base = r.below(8);
    out.push((r.below(4) << 6) | (r.below(8) << 3) | base);
  }
  const none = mod === 0 && base === (short ? 6 : 5);
  if (mod === 1) out.push(r.below(256));
  else if (none) little(out, absolute, short ? 2 : 4);
  else if (mod === 2) little(out, r.one(2) ? r.below(64) : r.u32(), short ? 2 : 4);
  return out;
}

function encodeRow(
  f: Form,
  r: Random,
  mode: number,
  memory: boolean,
  absolute: number,
  selectors: readonly number[],
): number[] {
  const out = prefixes(f, mode, r, memory);
  const short = (mode === 16) !== out.includes(0x67) && mode !== 64;
  if (f.space === "vex") {
    const pp = ["NP", "66", "F3", "F2"].indexOf(f.prefix);
    const l = f.length === 256 ? 1 : f.length === 128 ? 0 : r.below(2);
    const v = f.usesV ? r.below(8) : 0;
    out.push(0xc4, 0xe0 | f.map, (Math.max(0, f.w) << 7) | ((~v & 15) << 3) | (l << 2) | pp);
  } else {
    if (f.map > 0) out.push(0x0f);
    if (f.map > 1) out.push(f.map === 2 ? 0x38 : 0x3a);
  }
  out.push(f.plusR ? f.opcode | r.below(8) : f.opcode);
  if (f.modrm) out.push(...modrm(f, r, memory, short, absolute));
  for (const kind of f.immediates) {
    if (kind === "cp") {
      little(out, absolute, f.osize === 16 ? 2 : 4);
      little(out, r.pick(selectors), 2);
    } else if (kind === "mo") little(out, absolute, short ? 2 : 4);
    else if (kind === "ib" || kind === "is4")
      out.push(r.one(3) ? r.below(72) & (kind === "is4" ? 0x70 : 255) : r.below(256) & (kind === "is4" ? 0x7f : 255));
    else if (kind === "cb") out.push(70 + r.below(56));
    else if (kind === "cw" || kind === "cd") little(out, r.one(4) ? r.u32() : r.below(2000), kind === "cw" ? 2 : 4);
    else if (kind === "iw") little(out, r.one(2) ? r.below(64) : r.u32(), 2);
    else little(out, r.u32(), 4);
  }
  return out;
}

/** Linear base of a segment of a world. */
function baseOf(world: World, segment: number): number {
  if (world < 2) return 0;
  if (segment >= 4) return world === 3 ? T.DATA_LOW : T.DATA_LOW + 0x100;
  return world === 3 && segment === DS ? 0 : T.DATA_LOW;
}

export class CompatMaker {
  private readonly lists: readonly Form[][];
  private readonly selectors = selectorsFor(hasWorld);
  private turn = 0;
  constructor(
    private readonly b: Builder,
    private readonly r: Random,
    private readonly mxcsr: boolean,
    pattern?: RegExp,
  ) {
    this.lists = ([0, 1, 2, 3] as const).map((w) =>
      compatRows(w).filter((f) => !pattern || pattern.test(`${f.text} | ${f.encoding}`)),
    );
  }

  rows(world: World): readonly Form[] {
    return this.lists[world];
  }
  /** A trial of the next row of a world. */
  make(world: World): T.Trial | undefined {
    const list = this.lists[world];
    const f = list[this.turn++ % list.length];
    if (!f) return undefined;
    for (let tries = 0; tries < 30; tries++) {
      const trial = this.attempt(f, world);
      if (trial) return trial;
    }
    return undefined;
  }
  /** Where an access goes, as a linear address: mostly where it can, else at an edge. */
  private target(size: number): number {
    const { r } = this;
    const kind = r.below(40);
    if (kind < 30) return T.DATA_LOW + 0x100 + r.below(0x1e00);
    if (kind < 34) return T.DATA_LOW + 0x2f00 - r.below(0x40);
    if (kind < 36) return T.DATA_LOW + 0x3000 - r.below(size + 1);
    if (kind < 37) return T.DATA_LOW + 0x4000 - r.below(size + 1);
    if (kind < 38) return T.DATA_LOW + 0x1000 - r.below(size + 1);
    if (kind < 39) return T.DATA_LOW - r.below(8);
    return r.u32();
  }
  private attempt(f: Form, world: World): T.Trial | undefined {
    const { b, r } = this;
    const { mode, stack } = WORLDS[world];
    const flavour = flavourOf(f, r);
    const memoryAt = f.fields.indexOf("M");
    const memory = f.modrm && f.mod !== "reg" && memoryAt >= 0 && (f.mod === "mem" || r.one(2));
    if (leavesOut(f, memory)) return undefined;
    const size = Math.max(1, (f.operands[memoryAt]?.memSize ?? 64) / 8);
    const chosen = this.target(size);
    const linear = ALIGNED_ONLY.test(f.mnemonic) || r.one(3) ? chosen - (chosen % 16) : chosen;
    const absolute = f.immediates.includes("cp")
      ? codeOffset(world) + r.below(0x2100)
      : (linear - baseOf(world, DS)) >>> 0;
    const code = encodeRow(f, r, mode, memory, absolute, this.selectors);
    const insn = decode(Uint8Array.from(code), 0, code.length, mode);
    if (typeof insn === "string" || insn.row.index !== f.index || insn.length !== code.length) return undefined;

    const m = insn.operands.find((o) => o.kind === "mem");
    if (m?.kind === "mem" && m.base === BASE_RIP) return undefined;
    b.start(flavour, this.mxcsr);
    b.view.setUint32(T.S_WORLD, world, true);
    if (f.mnemonic === "EMMS") b.view.setUint16(T.S_FSW, 0, true);
    if (m?.kind === "mem" && memory) this.reach(m, insn, linear, world);
    this.implied(f, insn, world);
    const sp = this.target(8) - baseOf(world, SS);
    b.suggest(RSP, BigInt(stack === 16 ? FRAME_AT + (sp & 0xffff) : sp >>> 0));
    if (stack === 16) b.setGpr(RSP, BigInt(FRAME_AT) | (b.gpr(RSP) & 0xffffn));
    if (memory && !r.one(4)) b.fill(BigInt(linear), size, f.operands[memoryAt].memSize === 80 ? "f80" : flavour);
    this.meaning(f, insn, memory ? linear : undefined, world);
    const at = r.one(20) ? T.CODE_SIZE - 1 - r.below(8) : r.one(20) ? T.PAGE - r.below(8) : 512 + r.below(3000);
    if (at + code.length > T.CODE_SIZE) return undefined;
    b.append(code);
    return { ...b.finish(at, [f.index], flagMask(f.flagsUndefined)), memory };
  }
  /** Sets the registers that make the operand's address. */
  private reach(m: MemOperand, insn: Insn, linear: number, world: World): void {
    const { b, r } = this;
    const mask = insn.addrSize === 16 ? 0xffffn : insn.addrSize === 32 ? 0xffffffffn : (1n << 64n) - 1n;
    const offset = BigInt((linear - baseOf(world, m.seg)) >>> 0);
    const junk = insn.addrSize === 64 ? 0n : r.u64() & ~mask;
    if (m.base < 0 || m.base > 7) return;
    let left = offset - BigInt(m.dispLo);
    if (m.index !== NO_REG && m.index !== m.base) {
      const value = r.one(4) ? r.u64() & mask : BigInt(r.below(256));
      b.setGpr(m.index, insn.addrSize === 64 ? value : (r.u64() & ~mask) | value);
      left -= value << BigInt(m.scale);
    }
    b.setGpr(m.base, (left & mask) | junk);
  }
  private implied(f: Form, insn: Insn, world: World): void {
    const { b, r } = this;
    const mask = insn.addrSize === 16 ? 0xffffn : 0xffffffffn;
    const point = (n: number, segment: number): void => {
      b.suggest(n, (r.u64() & ~mask) | (BigInt((this.target(16) - baseOf(world, segment)) >>> 0) & mask));
    };
    const source = insn.seg === NO_REG ? DS : insn.seg;
    for (const o of f.operands) {
      if (o.kind !== "str") continue;
      if (o.fixed?.startsWith("si")) point(RSI, source);
      else if (o.fixed?.startsWith("di")) point(RDI, ES);
      else point(RBX, source);
    }
    if (/MASKMOV(Q|DQU)$/.test(f.mnemonic)) point(RDI, source);
    if (f.mnemonic === "ENTER" || f.mnemonic === "LEAVE") point(RBP, SS);
    if (f.repeat !== "" || /^(LOOP|J\w?CXZ)/.test(f.mnemonic))
      b.suggest(RCX, (r.u64() & ~mask) | BigInt(r.below(r.one(8) ? 3000 : 6)));
    if (/^SH[LR]D$/.test(f.mnemonic) && f.osize === 16) b.setGpr(RCX, BigInt(r.below(17)));
    if (/^I?DIV$/.test(f.mnemonic) && !r.one(3)) b.suggest(2, BigInt(r.below(3)));
  }
  /** Memory and registers whose contents mean something: targets, selectors. */
  private meaning(f: Form, insn: Insn, linear: number | undefined, world: World): void {
    const { b, r } = this;
    const where = (selector: number): number => {
      const base = selector & 4 ? 0 : T.CODE_AT;
      return r.one(10) ? r.u32() : base + r.below(0x2100);
    };
    const far = (at: number, bytes: number, flags: boolean): void => {
      // Processors look at the outer stack before they refuse a return to an inner level.
      const known = flags ? this.selectors.filter((s) => (s & 3) === 3) : this.selectors;
      const selector = r.one(3) ? r.pick(known) : r.pick([WORLDS[world].sel[0], 0x33]);
      const out: number[] = [];
      little(out, where(selector), bytes);
      little(out, selector, flags ? bytes : 2);
      if (flags) little(out, 0x202 | (r.u32() & 0x8d5), bytes);
      if (flags && insn.mode === 64) {
        little(out, T.DATA_LOW + 512 + r.below(4096), bytes);
        little(out, r.one(3) ? r.pick(this.selectors) : 0x2b, bytes);
      }
      b.patch(BigInt(at), Uint8Array.from(out));
    };
    const stackAt = ((Number(b.gpr(RSP) & 0xffffffffn) & (world === 2 ? 0xffff : -1)) >>> 0) + baseOf(world, SS);
    const bytes = insn.opSize / 8;
    if (/^(IRET|RETF)/.test(f.mnemonic)) far(stackAt, bytes, true);
    else if (f.mnemonic === "RET") {
      const out: number[] = [];
      little(out, where(WORLDS[world].sel[0]), bytes);
      b.patch(BigInt(stackAt), Uint8Array.from(out));
    } else if (/^POP [CDEFGS]S/.test(f.text)) b.patch(BigInt(stackAt), Uint8Array.of(r.pick(this.selectors), 0));
    else if (/^L[DEFGS]S$/.test(f.mnemonic) || /^(JMP|CALL) m16/.test(f.text)) {
      if (linear !== undefined) far(linear, bytes, false);
    } else if (/^(JMP|CALL) r/.test(f.text) || /^(LAR|LSL|VER[RW])$/.test(f.mnemonic) || loadsSegment(f)) {
      const value = /^(JMP|CALL)/.test(f.mnemonic) ? where(WORLDS[world].sel[0]) : r.pick(this.selectors);
      const from = insn.operands[insn.operands.length - 1];
      if (linear !== undefined) {
        const out: number[] = [];
        little(out, value, /^(JMP|CALL)/.test(f.mnemonic) ? bytes : 2);
        b.patch(BigInt(linear), Uint8Array.from(out));
      } else if (from.kind === "reg" && from.cls.startsWith("gp")) {
        b.setGpr(from.num, (b.gpr(from.num) & ~0xffffffffn) | BigInt(value));
      }
    }
  }
}
