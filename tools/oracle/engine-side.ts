/** Our side: the same trials on the engine, with results in the same layout. */
import { EXIT } from "../../src/cpu/exit.ts";
import { AC, ARITH, packFlags, RF, TF, unpackFlags } from "../../src/cpu/flags.ts";
import * as L from "../../src/cpu/layout.ts";
import { decode } from "../../src/decode/decode.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { HandlerImage } from "../../src/engine/interp/image.ts";
import { EXEC, FAULT_ACCERR, FAULT_MAPERR, FAULT_OK, READ, WRITE } from "../../src/mmu/access.ts";
import { Frames } from "../../src/mmu/frames.ts";
import { Ram } from "../../src/mmu/ram.ts";
import { AddressSpace } from "../../src/mmu/space.ts";
import { VECTOR } from "../../src/sem/emit.ts";
import { HELPERS } from "../../src/sem/helpers/index.ts";
import { SEMANTICS } from "../../src/sem/table.ts";
import * as T from "./layout.ts";
import { codeOffset, loadWorld, makeTable } from "./segments.ts";
import type { Ran } from "./wild.ts";

const SIGILL = 4;
const SIGTRAP = 5;
const SIGBUS = 7;
const SIGFPE = 8;
const SIGALRM = 14;
const SIGSEGV = 11;
const SIGSYS = 31;
const SYS_SECCOMP = 1;
const SI_KERNEL = 0x80;
/** Instructions after which a trial is taken to run for ever. */
const LIMIT = 1_000_000;
const PF_WRITE = 2;
const PF_FETCH = 16;

/** si_code of a SIGFPE by the exceptions that are raised and unmasked, in the kernel's order of looking. */
function floatCode(raised: number): number {
  if (raised & 1) return 7; // FPE_FLTINV
  if (raised & 4) return 3; // FPE_FLTDIV
  if (raised & 8) return 4; // FPE_FLTOVF
  if (raised & 0x12) return 5; // FPE_FLTUND
  if (raised & 0x20) return 6; // FPE_FLTRES
  return 0;
}

/**
 * How a trial runs: by the interpreter; compiled (interpreted once so that its blocks are known, then compiled and run
 * again); or compiled and left for the end of a slice every few instructions; or with regions that
 * start anywhere in it; or compiled, with data pages that are mapped only as they are touched.
 */
export type Way = "interpreter" | "compiled" | "sliced" | "mixed" | "paged";

export class EngineSide {
  private readonly ram = new Ram();
  private readonly frames = new Frames(this.ram);
  private readonly space = new AddressSpace(this.ram, this.frames);
  private readonly engine: Engine;
  private readonly code: number;
  private readonly data: number;
  private readonly base = Buffer.from(T.basePattern());
  private readonly before = Buffer.alloc(T.DATA_SIZE);
  private readonly wanted = Buffer.alloc(T.CODE_SIZE);
  /** Where the code that is compiled begins, if it is still there. */
  private entry = -1;

  constructor(
    image: HandlerImage,
    private readonly way: Way = "interpreter",
  ) {
    const { ram } = this;
    const semantics = (mnemonic: string) => SEMANTICS[mnemonic];
    this.engine = new Engine({
      ram,
      image,
      helpers: HELPERS,
      tsc: () => 0,
      random: () => {},
      level: "v3",
      semantics,
      jit: way !== "interpreter",
    });
    this.space.ldt = makeTable();
    this.code = this.allocate(T.CODE_PAGES);
    this.data = this.allocate(T.DATA_PAGES);
    ram.u8.fill(T.FILLER, this.code, this.code + T.CODE_SIZE);
    for (let i = 0; i < T.CODE_PAGES; i++) this.map(T.CODE_AT, this.code, i, READ | WRITE | EXEC);
    for (const at of [T.DATA_LOW, T.DATA_HIGH]) {
      for (let i = 0; i < T.DATA_PAGES; i++) this.mapData(at, i);
    }
    this.engine.use(this.space);
  }
  /** Neighbouring frames, so that an area is one range of RAM. */
  private allocate(pages: number): number {
    const first = this.frames.alloc();
    for (let i = 1; i < pages; i++) {
      if (this.frames.alloc() !== first + i * T.PAGE) throw new Error("frames are not neighbours");
    }
    return first;
  }
  /** Takes the data pages away; a fault brings one back. */
  private unmapData(): void {
    for (const at of [T.DATA_LOW, T.DATA_HIGH]) this.space.unmap(at, at + T.DATA_SIZE);
    this.space.onFault = (address) => {
      for (const at of [T.DATA_LOW, T.DATA_HIGH]) {
        const page = Math.floor((address - at) / T.PAGE);
        if (page < 0 || page >= T.DATA_PAGES || this.space.entry(address)) continue;
        this.mapData(at, page);
        return FAULT_OK;
      }
      return FAULT_MAPERR;
    };
  }
  private mapData(at: number, page: number): void {
    this.map(at, this.data, page, page < T.DATA_PAGES - 1 ? READ | WRITE : READ);
  }
  private map(at: number, first: number, page: number, permissions: number): void {
    this.frames.retain(first + page * T.PAGE);
    this.space.map(at + page * T.PAGE, first + page * T.PAGE, permissions);
  }

  run(trial: T.Trial): Uint8Array {
    const { view: v, bytes } = trial;
    const at = v.getUint32(T.S_CODE_AT, true);
    const code = bytes.subarray(T.T_CODE, T.T_CODE + v.getUint32(T.S_CODE_LENGTH, true));
    const entry = T.CODE_AT + at;
    const known = this.start(trial, at, code) && entry === this.entry;
    if (this.way !== "interpreter" && !(known && this.way !== "paged")) {
      this.execute(LIMIT);
      this.entry = this.start(trial, at, code) ? entry : -1;
      if (this.way !== "mixed") this.engine.jit?.compile(this.space, [entry]);
      // Regions that overlap, some without the one at the start.
      else
        for (let i = at % 5; i < code.length; i += 1 + ((at + i) % 7))
          this.engine.jit?.compile(this.space, [entry + i]);
      if (this.way === "paged") this.unmapData();
    }
    return this.result(this.execute(this.way === "sliced" ? 1 + (at % 7) : LIMIT));
  }
  /** The instructions that a trial runs, step by step, at most `most`. */
  steps(trial: T.Trial, most: number): Ran[] {
    const { view: v, bytes } = trial;
    const { ram } = this;
    const at = v.getUint32(T.S_CODE_AT, true);
    this.start(trial, at, bytes.subarray(T.T_CODE, T.T_CODE + v.getUint32(T.S_CODE_LENGTH, true)));
    const out: Ran[] = [];
    for (;;) {
      const offset = Number(ram.view.getBigUint64(L.RIP, true) - BigInt(T.CODE_AT));
      if (offset < 0 || offset >= T.CODE_SIZE || out.length === most) return out;
      const code = ram.u8.slice(this.code + offset, this.code + Math.min(T.CODE_SIZE, offset + 15));
      const insn = decode(code, 0, code.length, 64);
      out.push({
        insn: typeof insn === "string" ? undefined : insn,
        bytes: code,
        aligned: (ram.i32[L.FLAG_SYS >> 2] & AC) !== 0,
      });
      ram.i32[L.FLAG_SYS >> 2] |= TF;
      const exit = this.engine.run(1);
      if (exit !== EXIT.FAULT || ram.i32[L.EXIT_VECTOR >> 2] !== VECTOR.DB) return out;
    }
  }
  /** State and code of a trial. Code that is there already is left alone: true. */
  private start(trial: T.Trial, at: number, code: Uint8Array): boolean {
    const { ram } = this;
    const { view: v } = trial;
    this.load(trial);
    ram.view.setBigUint64(L.RIP, BigInt(codeOffset(v.getUint32(T.S_WORLD, true)) + at), true);
    this.wanted.fill(T.FILLER);
    this.wanted.set(code, at);
    const now = Buffer.from(ram.memory.buffer, this.code, T.CODE_SIZE);
    if (now.equals(this.wanted)) return true;
    this.engine.cache.invalidate(this.code, T.CODE_SIZE);
    ram.u8.set(this.wanted, this.code);
    return false;
  }
  private execute(slice: number): number {
    const { ram, engine } = this;
    for (let left = LIMIT, faults = 0; ; left -= slice) {
      const exit = engine.run(slice);
      if (exit === EXIT.BUDGET && left > slice) continue;
      if (exit !== EXIT.FAULT || faults++ > 20) return exit;
      // What the page tables allow by now is retried, as the machine does it.
      if (ram.i32[L.EXIT_VECTOR >> 2] !== VECTOR.PF) return exit;
      if (this.space.fault(Number(ram.view.getBigUint64(L.EXIT_ADDR, true)), this.access()) !== FAULT_OK) return exit;
    }
  }
  private access(): number {
    const error = this.ram.i32[L.EXIT_ERROR >> 2] as number;
    return error & PF_FETCH ? EXEC : error & PF_WRITE ? WRITE : READ;
  }

  private load(trial: T.Trial): void {
    const { ram } = this;
    const { view: v, bytes } = trial;
    this.base.copy(this.before);
    T.eachPatch(trial, (offset, patch) => this.before.set(patch, offset));
    ram.u8.set(this.before, this.data);
    ram.u8.set(bytes.subarray(T.S_GPR, T.S_GPR + 128), L.GPR);
    const rflags = v.getUint32(T.S_RFLAGS, true);
    const [res, aux] = unpackFlags(rflags);
    ram.view.setBigInt64(L.FLAG_RES, BigInt(res), true);
    ram.view.setInt32(L.FLAG_AUX, aux, true);
    ram.view.setInt32(L.FLAG_SYS, rflags & ~ARITH, true);
    const world = v.getUint32(T.S_WORLD, true);
    loadWorld({ u16: ram.u16, view: ram.view, ldt: this.space.ldt }, world);
    if (world === 0) {
      ram.view.setBigUint64(L.SEG_BASE + L.FS * 8, v.getBigUint64(T.S_FS, true), true);
      ram.view.setBigUint64(L.SEG_BASE + L.GS * 8, v.getBigUint64(T.S_GS, true), true);
    }
    ram.view.setUint32(L.MXCSR, v.getUint32(T.S_MXCSR, true), true);
    ram.view.setUint16(L.FCW, v.getUint16(T.S_FCW, true), true);
    ram.view.setUint16(L.FSW, v.getUint16(T.S_FSW, true), true);
    ram.u8[L.FTW] = bytes[T.S_FTW] as number;
    ram.view.setUint16(L.FOP, v.getUint16(T.S_FOP, true), true);
    ram.view.setBigUint64(L.FIP, v.getBigUint64(T.S_FIP, true), true);
    ram.view.setBigUint64(L.FDP, v.getBigUint64(T.S_FDP, true), true);
    const top = (v.getUint16(T.S_FSW, true) >> 11) & 7;
    for (let i = 0; i < 8; i++) {
      const from = T.S_ST + i * 16;
      ram.u8.set(bytes.subarray(from, from + 16), L.X87 + ((top + i) & 7) * 16);
    }
    ram.u8.set(bytes.subarray(T.S_YMM, T.S_YMM + 512), L.YMM);
  }

  private result(exit: number): Uint8Array {
    const { ram } = this;
    const changes: number[] = [];
    const live = Buffer.from(ram.memory.buffer, this.data, T.DATA_SIZE);
    if (Buffer.compare(live, this.before) !== 0) {
      for (let i = 0; i < T.DATA_SIZE; i += 8) {
        if (live.compare(this.before, i, i + 8, i, i + 8) !== 0) changes.push(i);
      }
    }
    const out = new Uint8Array(T.RESULT_SIZE + changes.length * T.CHANGE_SIZE);
    const v = T.view(out);
    out.set(ram.u8.subarray(L.GPR, L.GPR + 128), T.S_GPR);
    const arith = packFlags(ram.i32[L.FLAG_RES >> 2], ram.i32[(L.FLAG_RES >> 2) + 1], ram.i32[L.FLAG_AUX >> 2]);
    v.setUint32(T.S_RFLAGS, arith | ram.view.getInt32(L.FLAG_SYS, true), true);
    v.setBigUint64(T.S_FS, ram.view.getBigUint64(L.SEG_BASE + L.FS * 8, true), true);
    v.setBigUint64(T.S_GS, ram.view.getBigUint64(L.SEG_BASE + L.GS * 8, true), true);
    v.setBigUint64(T.S_RIP, ram.view.getBigUint64(L.RIP, true), true);
    v.setUint16(T.S_FCW, ram.view.getUint16(L.FCW, true), true);
    const fsw = ram.view.getUint16(L.FSW, true);
    v.setUint16(T.S_FSW, fsw, true);
    out[T.S_FTW] = ram.u8[L.FTW] as number;
    v.setUint16(T.S_FOP, ram.view.getUint16(L.FOP, true), true);
    v.setBigUint64(T.S_FIP, ram.view.getBigUint64(L.FIP, true), true);
    v.setBigUint64(T.S_FDP, ram.view.getBigUint64(L.FDP, true), true);
    v.setUint32(T.S_MXCSR, ram.view.getUint32(L.MXCSR, true), true);
    for (let i = 0; i < 8; i++) {
      const from = L.X87 + ((((fsw >> 11) & 7) + i) & 7) * 16;
      out.set(ram.u8.subarray(from, from + 10), T.S_ST + i * 16);
    }
    for (let i = 0; i < 6; i++) v.setUint16(T.S_SEL + 16 * i, ram.u16[(L.SEL >> 1) + i], true);
    out.set(ram.u8.subarray(L.YMM, L.YMM + 512), T.S_YMM);
    this.signal(v, exit);
    v.setUint32(T.R_CHANGES, changes.length, true);
    v.setUint32(T.R_CHANGES + 4, changes.length * T.CHANGE_SIZE, true);
    changes.forEach((offset, i) => {
      const at = T.RESULT_SIZE + i * T.CHANGE_SIZE;
      v.setUint32(at, offset, true);
      out.set(live.subarray(offset, offset + 8), at + 8);
    });
    return out;
  }

  /** The signal that Linux sends for the exit (arch/x86/kernel/traps.c and mm/fault.c have the rules). */
  private signal(v: DataView, exit: number): void {
    const { ram } = this;
    const set = (signo: number, code: number, addr: bigint): void => {
      v.setUint32(T.R_SIGNO, signo, true);
      v.setInt32(T.R_CODE, code, true);
      v.setBigUint64(T.R_ADDR, addr, true);
    };
    if (exit === EXIT.SYSCALL || (exit === EXIT.INT && ram.i32[L.EXIT_VECTOR >> 2] === 0x80)) {
      set(SIGSYS, SYS_SECCOMP, v.getBigUint64(T.S_RIP, true));
      return;
    }
    if (exit !== EXIT.FAULT && exit !== EXIT.INT) {
      // Nothing that a trial does leads elsewhere.
      set(exit === EXIT.BUDGET ? SIGALRM : 1000 + exit, 0, 0n);
      return;
    }
    const vector = ram.i32[L.EXIT_VECTOR >> 2] as number;
    // Faults push RF set, traps don't.
    if (exit === EXIT.FAULT && vector !== VECTOR.DB) v.setUint32(T.S_RFLAGS, v.getUint32(T.S_RFLAGS, true) | RF, true);
    v.setUint32(T.R_TRAPNO, vector, true);
    if (exit === EXIT.FAULT) v.setUint32(T.R_ERR, ram.u32[L.EXIT_ERROR >> 2] as number, true);
    const rip = v.getBigUint64(T.S_RIP, true);
    switch (vector) {
      case VECTOR.DE:
        set(SIGFPE, 1, rip); // FPE_INTDIV
        break;
      case VECTOR.DB:
        set(SIGTRAP, exit === EXIT.FAULT ? 2 : 1, rip); // TRAP_TRACE, TRAP_BRKPT
        break;
      case VECTOR.BP:
        set(SIGTRAP, SI_KERNEL, 0n);
        break;
      case VECTOR.UD:
        set(SIGILL, 2, rip); // ILL_ILLOPN
        break;
      case VECTOR.PF: {
        const address = ram.view.getBigUint64(L.EXIT_ADDR, true);
        const kind = this.space.fault(Number(address), this.access());
        set(SIGSEGV, kind === FAULT_ACCERR ? 2 : 1, address);
        break;
      }
      case VECTOR.SS:
      case VECTOR.NP:
        set(SIGBUS, SI_KERNEL, 0n);
        break;
      case VECTOR.AC:
        set(SIGBUS, 1, 0n); // BUS_ADRALN
        break;
      case VECTOR.MF: {
        const fsw = ram.view.getUint16(L.FSW, true);
        set(SIGFPE, floatCode(fsw & ~ram.view.getUint16(L.FCW, true)), rip);
        break;
      }
      case VECTOR.XM: {
        const mxcsr = ram.view.getUint32(L.MXCSR, true);
        set(SIGFPE, floatCode(mxcsr & ~(mxcsr >> 7)), rip);
        break;
      }
      default:
        set(SIGSEGV, SI_KERNEL, 0n);
        break;
    }
  }
}
