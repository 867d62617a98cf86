/** Our side: the same trials on the engine, with results in the same layout. */
import { EXIT } from "../../src/cpu/exit.ts";
import { AC, TF } from "../../src/cpu/flags.ts";
import * as L from "../../src/cpu/layout.ts";
import { decode } from "../../src/decode/decode.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { HandlerImage } from "../../src/engine/interp/image.ts";
import { EXEC, FAULT_MAPERR, FAULT_OK, READ, WRITE } from "../../src/mmu/access.ts";
import { Frames } from "../../src/mmu/frames.ts";
import { Ram } from "../../src/mmu/ram.ts";
import { AddressSpace } from "../../src/mmu/space.ts";
import { VECTOR } from "../../src/sem/emit.ts";
import { HELPERS } from "../../src/sem/helpers/index.ts";
import { SEMANTICS } from "../../src/sem/table.ts";
import { DataPages } from "./data-pages.ts";
import { loadState, storeState } from "./engine-state.ts";
import * as T from "./layout.ts";
import { codeOf } from "./line.ts";
import { codeOffset, makeTable } from "./segments.ts";
import { storeSignal } from "./signal.ts";
import type { Ran } from "./wild.ts";

/** Instructions after which a trial is taken to run for ever. */
const LIMIT = 1_000_000;
/** Trials of one code that run before it is compiled. */
const SAMPLES = 4;
/** Bytes that results are written to before a new place is made. */
const OUT_SIZE = 1 << 20;
const PF_WRITE = 2;
const PF_FETCH = 16;

/**
 * How a trial runs: by the interpreter; compiled (interpreted once so that its blocks are known, then compiled and run
 * again); or compiled and left for the end of a slice every few instructions; or with regions that
 * start anywhere in it; or compiled, with data pages that are mapped only as they are touched; or compiled while it runs,
 * where the engine itself finds it hot, which it does soon.
 */
export type Way = "interpreter" | "compiled" | "sliced" | "mixed" | "paged" | "hot";

export class EngineSide {
  private readonly ram = new Ram();
  private readonly frames = new Frames(this.ram);
  private readonly space = new AddressSpace(this.ram, this.frames);
  private readonly engine: Engine;
  private readonly code: number;
  private readonly data: number;
  private readonly pages: DataPages;
  /** What the code pages should hold, and do hold. */
  private readonly wanted = Buffer.alloc(T.CODE_SIZE, T.FILLER);
  private readonly codeNow: Buffer;
  private codeAt = 0;
  private codeLength = 0;
  /** Where results are written. */
  private out = Buffer.allocUnsafeSlow(OUT_SIZE).buffer;
  private outEnd = 0;

  /** Code is compiled before it is compared. */
  private readonly compiles: boolean;

  constructor(
    image: HandlerImage,
    private readonly way: Way = "interpreter",
  ) {
    const { ram } = this;
    this.compiles = way !== "interpreter" && way !== "hot";
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
      eager: way === "hot",
    });
    this.space.ldt = makeTable();
    this.code = this.allocate(T.CODE_PAGES);
    this.data = this.allocate(T.DATA_PAGES);
    this.pages = new DataPages(ram, this.data);
    this.codeNow = Buffer.from(ram.memory.buffer, this.code, T.CODE_SIZE);
    this.codeNow.set(this.wanted);
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
    return this.runAlike([trial])[0];
  }
  /** Runs trials whose code is the same. Compiled ways meet some of them interpreted first, so that more blocks are known. */
  runAlike(trials: readonly T.Trial[]): Uint8Array[] {
    const slice = this.way === "sliced" ? 1 + (trials[0].view.getUint32(T.S_CODE_AT, true) % 7) : LIMIT;
    return trials.map((t, i) => {
      const known = this.start(t);
      if (this.compiles && (i === 0 || !known || this.way === "paged")) {
        this.compile(t, i === 0 ? trials : [t]);
        this.start(t);
      }
      return this.result(t, this.execute(slice));
    });
  }
  private compile(trial: T.Trial, trials: readonly T.Trial[]): void {
    const { engine, way } = this;
    const step = Math.ceil(trials.length / SAMPLES);
    for (let i = 0; i < trials.length; i += step) {
      if (i > 0) this.start(trials[i]);
      this.execute(LIMIT);
      this.pages.restore(trials[i], this.pages.find());
    }
    this.place(this.codeAt, codeOf(trial));
    const entry = T.CODE_AT + this.codeAt;
    if (way !== "mixed") engine.jit?.compile(this.space, [entry, ...(trial.entries ?? []).map((n) => entry + n)]);
    // Regions that overlap, some without the one at the start.
    else
      for (let i = this.codeAt % 5; i < this.codeLength; i += 1 + ((this.codeAt + i) % 7))
        engine.jit?.compile(this.space, [entry + i]);
    if (way === "paged") this.unmapData();
  }
  /** The instructions that a trial runs, step by step, at most `most`. */
  steps(trial: T.Trial, most: number): Ran[] {
    const out: Ran[] = [];
    this.start(trial);
    while (out.length < most) {
      const ran = this.stepped();
      if (!ran) break;
      out.push(ran);
      this.ram.i32[L.FLAG_SYS >> 2] |= TF;
      const exit = this.engine.run(1);
      if (exit !== EXIT.FAULT || this.ram.i32[L.EXIT_VECTOR >> 2] !== VECTOR.DB) break;
    }
    this.pages.restore(trial, this.pages.find());
    return out;
  }
  /** The instruction at RIP, if it is code's. */
  private stepped(): Ran | undefined {
    const { ram } = this;
    const offset = Number(ram.view.getBigUint64(L.RIP, true) - BigInt(T.CODE_AT));
    if (offset < 0 || offset >= T.CODE_SIZE) return undefined;
    const bytes = ram.u8.slice(this.code + offset, this.code + Math.min(T.CODE_SIZE, offset + 15));
    const insn = decode(bytes, 0, bytes.length, 64);
    const aligned = (ram.i32[L.FLAG_SYS >> 2] & AC) !== 0;
    return { insn: typeof insn === "string" ? undefined : insn, bytes, aligned };
  }
  /** Puts state and code of a trial in place. Code that is there already is left alone: true. */
  private start(trial: T.Trial): boolean {
    const { ram } = this;
    const { view: v } = trial;
    this.pages.load(trial);
    loadState(ram, this.space.ldt, trial);
    const at = v.getUint32(T.S_CODE_AT, true);
    ram.view.setBigUint64(L.RIP, BigInt(codeOffset(v.getUint32(T.S_WORLD, true)) + at), true);
    return this.place(at, trial.bytes.subarray(T.T_CODE, T.T_CODE + v.getUint32(T.S_CODE_LENGTH, true)));
  }
  private place(at: number, code: Uint8Array): boolean {
    const { wanted, codeNow } = this;
    const same = at === this.codeAt && code.length === this.codeLength;
    if (!same || wanted.compare(code, 0, code.length, at, at + code.length) !== 0) {
      wanted.fill(T.FILLER, this.codeAt, this.codeAt + this.codeLength);
      wanted.set(code, at);
      this.codeAt = at;
      this.codeLength = code.length;
    }
    if (codeNow.equals(wanted)) return true;
    this.engine.cache.invalidate(this.code, T.CODE_SIZE);
    codeNow.set(wanted);
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

  private result(trial: T.Trial, exit: number): Uint8Array {
    const { ram, pages } = this;
    const changes = pages.find();
    const size = T.RESULT_SIZE + changes * T.CHANGE_SIZE;
    if (this.outEnd + size > this.out.byteLength) {
      // Results that were handed out keep the old one.
      this.out = Buffer.allocUnsafeSlow(OUT_SIZE).buffer;
      this.outEnd = 0;
    }
    const bytes = new Uint8Array(this.out, this.outEnd, size);
    const v = new DataView(this.out, this.outEnd, size);
    this.outEnd += size;
    bytes.fill(0);
    storeState(ram, bytes, v);
    storeSignal(ram, v, exit, (address) => this.space.fault(address, this.access()));
    v.setUint32(T.R_CHANGES, changes, true);
    v.setUint32(T.R_CHANGES + 4, changes * T.CHANGE_SIZE, true);
    for (let i = 0, at = T.RESULT_SIZE; i < changes; i++, at += T.CHANGE_SIZE) {
      const offset = pages.changed[i];
      v.setUint32(at, offset, true);
      v.setInt32(at + 8, pages.word(offset, 0), true);
      v.setInt32(at + 12, pages.word(offset, 1), true);
    }
    pages.restore(trial, changes);
    return bytes;
  }
}
