/**
 * Runs 16- and 32-bit code segments, one instruction at a time. What an instruction was decoded to is kept by its address
 * in RAM and compared with its bytes each time, so that nobody has to say when code changes.
 */
import { EXIT } from "../../cpu/exit.ts";
import {
  BUDGET,
  CS,
  EXIT_ADDR,
  EXIT_ERROR,
  EXIT_VECTOR,
  RIP,
  SEG_BASE,
  SEG_BIG,
  SEG_LIMIT,
  SS,
  STEP_RECORDS,
  STEPPING,
} from "../../cpu/layout.ts";
import { decode } from "../../decode/decode.ts";
import type { Insn, Mode } from "../../isa/types.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { Ram } from "../../mmu/ram.ts";
import { type Semantics, VECTOR } from "../../sem/emit.ts";
import { AT_NEXT } from "../interp/numbers.ts";
import { isImplied, type Variant } from "../interp/variant.ts";
import { SEGMENTS_32, writeOperands } from "../operand-fields.ts";
import { R_WHERE, RECORD } from "../record.ts";
import { afterStep, begin } from "../trace.ts";
import { inCompat } from "./mode.ts";
import { type CompatFunction, type CompatHost, compile } from "./module.ts";

const MAX_LENGTH = 15;
/** Decoded instructions that are kept. */
const KEPT = 1 << 16;

interface Decoded {
  insn: Insn;
  stackSize: 16 | 32;
  /** As found in RAM. */
  bytes: Uint8Array;
  record: Uint8Array;
  run: CompatFunction;
}

export interface CompatOptions extends CompatHost {
  ram: Ram;
  /** Frame that an address may be executed from; 0 with the exit fields set. */
  frameOf(address: number): number;
  /** Of an instruction that the processor has. */
  semantics(insn: Insn): Semantics | undefined;
}

export class CompatCpu {
  private readonly ram: Ram;
  private readonly kept = new Map<number, Decoded>();
  private readonly functions = new Map<string, CompatFunction>();
  private readonly bytes = new Uint8Array(MAX_LENGTH);

  constructor(private readonly o: CompatOptions) {
    this.ram = o.ram;
  }
  /** As Engine.run; MODE when CS is a segment of 64 bits. */
  run(budget: number): number {
    const { ram } = this;
    for (let left = budget; ; ) {
      ram.i32[BUDGET >> 2] = left - 1;
      const code = this.step();
      left = ram.i32[BUDGET >> 2];
      if (code !== EXIT.BUDGET || left <= 0) return code;
      if (!inCompat(ram)) return EXIT.MODE;
    }
  }
  /** Runs one instruction, or of a repeated one as many rounds as the budget in RAM allows. BUDGET if it got through. */
  step(): number {
    const { ram } = this;
    const d = this.fetch();
    if (!d) return EXIT.FAULT;
    const begun = begin(ram, d.insn);
    if (begun.armed) ram.i32[BUDGET >> 2] = 0;
    ram.u8.set(d.record, STEP_RECORDS);
    ram.i32[STEPPING >> 2] = 1;
    const code = d.run(STEP_RECORDS);
    ram.i32[STEPPING >> 2] = 0;
    if (code & AT_NEXT) ram.u32[RIP >> 2] += d.insn.length;
    const plain = code & ~AT_NEXT;
    return afterStep(ram, begun, plain === EXIT.MODE ? EXIT.BUDGET : plain);
  }

  /** The instruction at RIP; undefined with the exit fields set. */
  private fetch(): Decoded | undefined {
    const { ram, o } = this;
    const offset = ram.u32[RIP >> 2];
    const room = ram.u32[(SEG_LIMIT + 8 * CS) >> 2] - offset + 1;
    if (room <= 0) return this.fault(VECTOR.GP);
    const address = (ram.u32[(SEG_BASE + 8 * CS) >> 2] + offset) >>> 0;
    const frame = o.frameOf(address);
    if (!frame) return undefined;
    const at = frame + (address % PAGE);
    const mode = this.big(CS);
    const stackSize = this.big(SS);
    const known = this.kept.get(at);
    if (known && known.insn.mode === mode && known.stackSize === stackSize && this.same(known.bytes, at, room))
      return known;
    return this.decode(at, address, room, mode, stackSize);
  }
  private big(segment: number): 16 | 32 {
    return this.ram.i32[(SEG_LIMIT + 8 * segment + 4) >> 2] & SEG_BIG ? 32 : 16;
  }
  private same(bytes: Uint8Array, at: number, room: number): boolean {
    const { u8 } = this.ram;
    if (bytes.length > room) return false;
    for (let i = 0; i < bytes.length; i++) if (u8[at + i] !== bytes[i]) return false;
    return true;
  }
  private decode(at: number, address: number, room: number, mode: Mode, stackSize: 16 | 32): Decoded | undefined {
    const { ram, bytes, o } = this;
    const inPage = Math.min(PAGE - (at % PAGE), MAX_LENGTH);
    bytes.set(ram.u8.subarray(at, at + inPage));
    let have = Math.min(inPage, room);
    let insn = decode(bytes, 0, have, mode);
    if (insn === "short" && have < room) {
      const second = o.frameOf((address + inPage) >>> 0);
      if (!second) return undefined;
      bytes.set(ram.u8.subarray(second, second + MAX_LENGTH - inPage), inPage);
      have = Math.min(MAX_LENGTH, room);
      insn = decode(bytes, 0, have, mode);
    }
    if (insn === "short" || insn === "long") return this.fault(VECTOR.GP);
    const run = typeof insn === "string" ? undefined : this.function(insn, stackSize);
    if (typeof insn === "string" || !run) return this.fault(VECTOR.UD);
    const record = new Uint8Array(RECORD);
    const view = new DataView(record.buffer);
    view.setUint16(R_WHERE, insn.length << 12, true);
    writeOperands(view, 0, insn, 0, SEGMENTS_32);
    const d: Decoded = { insn, stackSize, bytes: bytes.slice(0, insn.length), record, run };
    if (insn.length <= inPage) {
      if (this.kept.size >= KEPT) this.kept.clear();
      this.kept.set(at, d);
    }
    return d;
  }
  private function(insn: Insn, stackSize: 16 | 32): CompatFunction | undefined {
    const { row, mode, addrSize, rep } = insn;
    if (mode === 64) throw new Error("64-bit code is not run here");
    const memory = !isImplied(row) && insn.operands.some((x) => x.kind === "mem");
    const opSize = insn.opSize === 16 ? 16 : 32;
    const key = [row.index, mode, opSize, addrSize, stackSize, rep, memory].join();
    const known = this.functions.get(key);
    if (known) return known;
    const semantics = this.o.semantics(insn);
    if (!semantics) return undefined;
    const shape = memory ? "full32" : "none";
    const variant: Variant = { row, mode, shape, rep: isImplied(row) ? rep : 0, addrSize, opSize, stackSize };
    const made = compile(this.o, variant, semantics);
    this.functions.set(key, made);
    return made;
  }
  private fault(vector: number): undefined {
    const { ram } = this;
    ram.i32[EXIT_VECTOR >> 2] = vector;
    ram.i32[EXIT_ERROR >> 2] = 0;
    ram.view.setBigUint64(EXIT_ADDR, 0n, true);
    return undefined;
  }
}
