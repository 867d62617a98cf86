/**
 * Runs guest code until an exit. It translates RIP, finds or decodes the block, enters its records, and comes back with
 * an exit code (cpu/exit.ts), with RIP and the register file in RAM exact. It never calls the kernel; the address space
 * it was given serves its instruction fetches.
 */
import { join } from "../base/bits.ts";
import { EXIT } from "../cpu/exit.ts";
import {
  BUDGET,
  CALL_DEPTH,
  CODE_BASE,
  CODE_GENERATION,
  EXIT_ADDR,
  EXIT_CODE,
  EXIT_ERROR,
  EXIT_REC,
  EXIT_VECTOR,
  HOPPED,
  jumpEntry,
  RETURN_TO,
  RIP,
  STAT_BLOCKS,
  STAT_DECODED,
  STAT_LOOKUPS,
  STAT_TLB_MISS,
  STEP_RECORDS,
  STEPPING,
} from "../cpu/layout.ts";
import { EXEC, FAULT_OK, READ } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import type { Ram } from "../mmu/ram.ts";
import { type AddressSpace, USER_END } from "../mmu/space.ts";
import { allows, DEFAULT_LEVEL } from "../sem/cpu-features.ts";
import { type Semantics, VECTOR } from "../sem/emit.ts";
import { refineFault } from "./access-fault.ts";
import { checksAlignment, raisesAlignment } from "./alignment.ts";
import { BlockBuilder, type Decoded, type QuickInsn } from "./block.ts";
import { Breakpoints } from "./breakpoints.ts";
import { CodeCache } from "./code-cache.ts";
import { CompatCpu } from "./compat/cpu.ts";
import { inCompat } from "./compat/mode.ts";
import { PF_FETCH, PF_PRESENT, PF_USER } from "./emit/access-codes.ts";
import { bindHelpers, type InstanceOptions, installTables, instantiate, instantiateLater } from "./instance.ts";
import { mnemonicAt, restrict } from "./interp/level.ts";
import { AT_NEXT, FN_CROSS, FN_GOTO, FN_STOP } from "./interp/numbers.ts";
import { Jit, type JitStats } from "./jit/jit.ts";
import type { JitTable } from "./jit/regions.ts";
import { MAX_BLOCK, MAX_RECORDS, POS_MASK, R_FN, R_IMM, R_MOVED, R_POS, R_WHERE, RECORD } from "./record.ts";
import { afterStep, begin, runsAlone } from "./trace.ts";
import { Warmth } from "./warmth.ts";
import { WATCH_VECTOR, Watch } from "./watch.ts";

export interface EngineOptions extends InstanceOptions {
  /** For code that is made as it is needed: hot code is compiled with these, and 16- and 32-bit code runs. */
  semantics?(mnemonic: string): Semantics | undefined;
  /** False: 64-bit code is only interpreted. */
  jit?: boolean;
  /** Compile what has run at all, as far as that goes: for tests of the JIT. */
  eager?: boolean;
  /** Count what regions do: for statistics. */
  watch?: boolean;
  /** Milliseconds, for statistics. */
  clock?(): number;
}

/** Instructions between samples: in code that is interpreted, and at most. */
const SHORT_QUANTUM = 20000;
const EAGER_QUANTUM = 500;
const LONG_QUANTUM = 1000000;
/** What a sample counts at most, in quanta of the shortest kind. */
const MAX_WEIGHT = 8;
/** More than any region runs without looking at the budget. */
const FAR = 8192;
/** Turns CODE_GENERATION into one that no region has. */
const NO_REGIONS = 0x40000000;

export interface EngineStats {
  instructions: number;
  /** In regions, as samples tell. */
  compiled: number;
  blocks: number;
  decoded: number;
  lookups: number;
  tlbMisses: number;
  jit: JitStats | undefined;
}

export class Engine {
  readonly cache: CodeCache;
  readonly breakpoints: Breakpoints;
  readonly watch: Watch;
  private readonly ram: Ram;
  private readonly builder: BlockBuilder;
  private readonly enter: (record: number) => number;
  /** Address space that runs now; set by `use`. */
  private space: AddressSpace | undefined;
  private readonly eager: boolean;
  private readonly shortQuantum: number;
  private quantum: number;
  private readonly makeJit: (() => Jit) | undefined;
  private madeJit: Jit | undefined;
  private readonly warmth = new Warmth();
  private readonly makeCompat: (() => CompatCpu) | undefined;
  private madeCompat: CompatCpu | undefined;
  private done = 0;
  private compiled = 0;
  /** The arena is full, and must be emptied before anything more is decoded. */
  private full = false;
  /** The end is near, and must not be run over by a region that is new. */
  private cautious = false;
  /** Regions are left out. */
  private plain = false;

  constructor(options: EngineOptions) {
    this.ram = options.ram;
    this.eager = options.eager ?? false;
    this.shortQuantum = this.eager ? EAGER_QUANTUM : SHORT_QUANTUM;
    this.quantum = this.shortQuantum;
    this.cache = new CodeCache(this.ram);
    const level = options.level ?? DEFAULT_LEVEL;
    const index = restrict(options.image.index, level);
    this.watch = new Watch(this.ram);
    this.breakpoints = new Breakpoints(this.ram, this.cache, (page) => this.madeJit?.dropPage(page));
    const breaks = (frame: number, offset: number): boolean => this.breakpoints.at(frame, offset);
    const helpers = bindHelpers(options, () => this.space?.ldt);
    const exports = instantiate(options, helpers, {
      lookup: () => this.find(),
      codeStore: (at: number, n: number) => this.cache.invalidate(at >>> 0, n),
      watch: (address: bigint, n: number, write: number) => this.watch.check(Number(address), n, write !== 0),
      hot: () => {
        if (this.space && !this.cautious) this.jit?.visited(this.space, this.rip);
      },
    });
    this.enter = exports.enter as (record: number) => number;
    installTables(this.ram, index, options.image);
    const quickInsn = exports.quickInsn as QuickInsn;
    const loadLater = (): void => instantiateLater(options, helpers, exports);
    this.builder = new BlockBuilder(this.ram, index, quickInsn, loadLater, breaks);
    const { semantics } = options;
    if (semantics) {
      this.makeCompat = () =>
        new CompatCpu({
          ram: this.ram,
          memory: this.ram.memory,
          exports,
          helpers,
          helperTypes: options.helpers,
          frameOf: (address) => this.execFrame(address),
          semantics: ({ row }) =>
            row.unsupported || !allows(level, row.feature) ? undefined : semantics(mnemonicAt(level, row.mnemonic)),
        });
    }
    if (semantics && options.jit !== false) {
      this.makeJit = () =>
        new Jit({
          ram: this.ram,
          cache: this.cache,
          index,
          table: exports.table as JitTable,
          exports,
          semantics: (mnemonic) => semantics(mnemonicAt(level, mnemonic)),
          clock: options.clock ?? (() => 0),
          eager: this.eager,
          watch: options.watch ?? false,
          breakpoints: this.breakpoints.addresses,
        });
    }
    // No call is awaited; no jump leads to such an address.
    this.ram.view.setBigUint64(RETURN_TO, 1n << 63n, true);
  }

  /** Made when first asked for: programs that end soon do without, and without its code. */
  get jit(): Jit | undefined {
    this.madeJit ??= this.makeJit?.();
    return this.madeJit;
  }
  /** How often regions were left, by cause, if that is watched. */
  exits(): [string, number][] {
    return [...(this.madeJit?.watch?.causes() ?? [])];
  }
  /** A quantum ended, in a region or not. True if not in compiled code: the next one is short. */
  private sample(space: AddressSpace, inRegion: boolean): boolean {
    const rip = this.rip;
    if (this.madeJit) {
      const units = this.quantum / this.shortQuantum;
      const from = this.ram.i32[HOPPED >> 2];
      if (from) this.madeJit.hopped(space, from, rip, units);
      return this.madeJit.sample(space, rip, inRegion, Math.min(units, MAX_WEIGHT));
    }
    const n = this.warmth.add(rip, this.eager);
    if (!n) return true;
    const { jit } = this;
    this.warmth.hand((address, samples) => jit?.seen(address, samples));
    return jit?.sample(space, rip, inRegion, n) ?? true;
  }
  /** Switches to an address space. */
  use(space: AddressSpace): void {
    this.space = space;
    space.activate();
  }
  /** Instructions executed so far. Set when the machine is set back. */
  get instructions(): number {
    return this.done;
  }
  set instructions(n: number) {
    this.done = n;
  }
  /** So many more may be executed than a budget allows, unless it is exact. */
  get overshoot(): number {
    return MAX_BLOCK + (this.madeJit?.longest ?? 0);
  }
  get stats(): EngineStats {
    return {
      instructions: this.done,
      compiled: this.compiled,
      blocks: this.ram.i32[STAT_BLOCKS >> 2],
      decoded: this.ram.i32[STAT_DECODED >> 2],
      lookups: this.ram.i32[STAT_LOOKUPS >> 2],
      tlbMisses: this.ram.u32[STAT_TLB_MISS >> 2],
      jit: this.madeJit?.stats,
    };
  }

  /**
   * Runs about `budget` instructions at most (blocks are not cut), or no more than that exactly. Returns one of the exit
   * codes that are not internal; what is left of the budget stands in RAM.
   */
  run(budget: number, exact = false): number {
    const end = this.done + budget;
    let code: number;
    do {
      const left = end - this.done;
      code = inCompat(this.ram) ? this.runCompat(left) : this.runLong(left, exact);
    } while ((code === EXIT.BUDGET || code === EXIT.MODE) && this.done < end);
    this.ram.i32[BUDGET >> 2] = end - this.done;
    return code === EXIT.MODE ? EXIT.BUDGET : code;
  }
  /** Runs one instruction, or one round of a repeated one, whatever stops others there: BUDGET, or its exit. */
  step(): number {
    const { ram } = this;
    const code = inCompat(ram) ? this.runCompat(1) : this.finish(runsAlone(ram) ? this.tracedStep() : this.stepOnce());
    return code === EXIT.MODE ? EXIT.BUDGET : code;
  }
  private runCompat(n: number): number {
    this.madeCompat ??= this.makeCompat?.();
    if (!this.madeCompat) throw new Error("16- and 32-bit code needs semantics");
    const code = this.madeCompat.run(n);
    this.done += n - this.ram.i32[BUDGET >> 2];
    return code;
  }
  private runLong(n: number, exact: boolean): number {
    let code = runsAlone(this.ram) ? EXIT.STEP : exact ? this.runExactly(n) : this.runFree(n, false);
    if (code === EXIT.STEP) code = this.tracedStep();
    // Another process has that code elsewhere.
    else if (code === EXIT.BREAK && !this.breakpoints.addresses.has(this.rip)) code = this.stepOnce();
    return this.finish(code);
  }
  private finish(code: number): number {
    if (code !== EXIT.FAULT) return code;
    if (this.ram.i32[EXIT_VECTOR >> 2] === WATCH_VECTOR) return EXIT.WATCH;
    refineFault(this.ram, () => this.bytesHere());
    return code;
  }
  /** As `stepOnce`, with the trap flag heeded. */
  private tracedStep(): number {
    const { ram } = this;
    const address = this.rip;
    const frame = this.execFrame(address);
    if (!frame) return EXIT.FAULT;
    this.codeBase();
    if (!this.build(STEP_RECORDS, frame, address, 1)) return EXIT.FAULT;
    const readable = (at: number): boolean => at < USER_END && ((this.space?.entry(at) ?? 0) & READ) !== 0;
    if (checksAlignment(ram) && raisesAlignment(ram, this.builder.last, readable)) return EXIT.FAULT;
    const begun = begin(ram, this.builder.last);
    ram.i32[STEPPING >> 2] = 1;
    const code = this.enterAlone(STEP_RECORDS);
    ram.i32[STEPPING >> 2] = 0;
    if (code === EXIT.MODE) return afterStep(ram, begun, EXIT.BUDGET) === EXIT.BUDGET ? EXIT.MODE : EXIT.FAULT;
    return afterStep(ram, begun, code);
  }
  /** Runs records of one instruction; its exit, or YIELD. */
  private enterAlone(record: number): number {
    const { ram } = this;
    ram.i32[BUDGET >> 2] = 0;
    const code = this.enter(record);
    if (code === EXIT.MODE) ram.i32[BUDGET >> 2]--;
    else if (code !== EXIT.YIELD) this.settle(ram.i32[EXIT_REC >> 2] >>> 0, code);
    this.done -= ram.i32[BUDGET >> 2];
    return code & ~AT_NEXT;
  }
  /** The page that RIP lies in is the one whose code runs. */
  private codeBase(): void {
    const { i32 } = this.ram;
    i32[CODE_BASE >> 2] = i32[RIP >> 2] & ~(PAGE - 1);
    i32[(CODE_BASE >> 2) + 1] = i32[(RIP >> 2) + 1];
  }
  /**
   * Runs about `n` instructions, or if it has to be exact, no more. With the JIT they are run in quanta, whose ends are
   * samples of where time goes.
   */
  private runFree(n: number, exact: boolean): number {
    const { ram } = this;
    const end = this.done + n;
    const jit = this.makeJit !== undefined;
    for (;;) {
      const left = end - this.done - (exact ? this.overshoot : 0);
      if (left <= 0) return EXIT.BUDGET;
      const quantum = jit ? Math.min(left, this.quantum) : left;
      this.cautious = exact && left - quantum < FAR;
      ram.i32[BUDGET >> 2] = quantum;
      ram.i32[EXIT_CODE >> 2] = 0;
      ram.i32[HOPPED >> 2] = 0;
      const code = this.runQuantum();
      this.done += quantum - ram.i32[BUDGET >> 2];
      if (code !== EXIT.YIELD) return code;
      if (!jit || !this.space) continue;
      // Only the interpreter says so there.
      if (this.sample(this.space, ram.i32[EXIT_CODE >> 2] !== EXIT.YIELD)) this.quantum = this.shortQuantum;
      else {
        this.quantum = Math.min(this.quantum * 2, this.eager ? EAGER_QUANTUM : LONG_QUANTUM);
        this.compiled += quantum;
      }
    }
  }
  /** Runs `n` instructions and not one more. */
  private runExactly(n: number): number {
    const end = this.done + n;
    let code = this.runFree(n, true);
    if (code !== EXIT.BUDGET) return code;
    // Regions are as stale while their generation is another one.
    this.plain = true;
    this.ram.i32[CODE_GENERATION >> 2] ^= NO_REGIONS;
    while (code === EXIT.BUDGET && this.done < end) code = this.runPlain(end - this.done);
    this.ram.i32[CODE_GENERATION >> 2] ^= NO_REGIONS;
    this.plain = false;
    return code;
  }
  /** Runs at least one and at most `n` instructions, interpreted. */
  private runPlain(n: number): number {
    const { ram } = this;
    const budget = Math.max(0, n - MAX_BLOCK);
    const cut = budget ? 0 : this.cutBlock(n);
    const fn = ram.i32[(cut + R_FN) >> 2];
    if (cut) ram.i32[(cut + R_FN) >> 2] = FN_STOP;
    ram.i32[BUDGET >> 2] = budget;
    const code = this.runQuantum();
    this.done += budget - ram.i32[BUDGET >> 2];
    // Unless it was dropped meanwhile.
    if (cut && ram.i32[(cut + R_FN) >> 2] === FN_STOP) ram.i32[(cut + R_FN) >> 2] = fn;
    return code === EXIT.YIELD ? EXIT.BUDGET : code;
  }
  /** The record of the block at RIP that would be the instruction after `n`; 0 if the block has no more than that. */
  private cutBlock(n: number): number {
    const { ram } = this;
    if (!this.find()) return 0;
    const address = this.rip;
    const block = this.cache.block(this.execFrame(address), address % PAGE);
    if (!block) return 0;
    const first = block.moved || block.record;
    for (let at = first; at < first + block.count * RECORD; at += RECORD) {
      if ((ram.u8[at + R_POS] & POS_MASK) === n) return ram.u32[(at + R_FN) >> 2] === FN_GOTO ? 0 : at;
    }
    return 0;
  }
  /** As `step`, without the trap flag. */
  private stepOnce(): number {
    for (;;) {
      const record = this.decodeOne();
      if (record === 0) return EXIT.FAULT;
      const code = this.enterAlone(record);
      if (code === EXIT.YIELD) return EXIT.BUDGET;
      if (code !== EXIT.RECHECK) return code;
    }
  }
  /** A record for the instruction at RIP alone, which no other block leads to; 0 with the exit fields set. */
  private decodeOne(): number {
    const { cache } = this;
    const address = this.rip;
    this.codeBase();
    const frame = this.execFrame(address);
    if (!frame) return 0;
    const offset = address % PAGE;
    let record = cache.reserve(MAX_RECORDS);
    if (!record) {
      cache.flush();
      record = cache.reserve(MAX_RECORDS);
    }
    if (this.builder.build(record, frame, offset, undefined, 1) !== "short") return record;
    const second = this.execFrame(address - offset + PAGE);
    if (!second) return 0;
    this.builder.build(record, frame, offset, { bytes: this.splice(frame, offset, second), frame: second });
    return record;
  }
  private get rip(): number {
    return join(this.ram.i32[RIP >> 2], this.ram.i32[(RIP >> 2) + 1]);
  }
  /** Runs until an exit that is not the engine's own business, or YIELD. */
  private runQuantum(): number {
    const { ram } = this;
    let next = 0;
    for (;;) {
      const record = next || this.find();
      next = 0;
      if (record === 0) return EXIT.FAULT;
      let code = this.enter(record);
      while (code === EXIT.LOOKUP) {
        // A jump whose target the handlers could not find: RIP is set.
        const to = this.find();
        if (to === 0) return EXIT.FAULT;
        code = this.enter(to);
      }
      if (code === EXIT.YIELD) return code;
      if (code === EXIT.DEPTH) continue;
      if (code === EXIT.FETCH) {
        if (!this.full) return EXIT.FAULT;
        this.full = false;
        continue;
      }
      const at = ram.i32[EXIT_REC >> 2] >>> 0;
      if (code === EXIT.MODE) {
        ram.i32[BUDGET >> 2] -= (ram.u8[at + R_POS] & POS_MASK) + 1;
        return code;
      }
      this.settle(at, code);
      const plain = code & ~AT_NEXT;
      if (plain === EXIT.REGION && this.plain) next = ram.u32[(at + R_MOVED) >> 2];
      else if (plain === EXIT.REGION && this.space) this.madeJit?.verify(this.space, at);
      else if (plain !== EXIT.RECHECK) return plain;
      else if (!this.recheck(at)) return EXIT.FAULT;
    }
  }
  /** RIP and budget for an exit at a record: this instruction or the next. */
  private settle(record: number, code: number): void {
    const { ram } = this;
    const where = ram.u16[(record + R_WHERE) >> 1];
    const next = (code & AT_NEXT) !== 0;
    ram.i32[BUDGET >> 2] -= (ram.u8[record + R_POS] & POS_MASK) + (next ? 1 : 0);
    const offset = (where & 0xfff) + (next ? where >> 12 : 0);
    // The page's address has its low 12 bits clear, so this carries at most once.
    const lo = ram.u32[CODE_BASE >> 2] + offset;
    ram.u32[RIP >> 2] = lo;
    ram.u32[(RIP >> 2) + 1] = ram.u32[(CODE_BASE >> 2) + 1] + (lo > 0xffffffff ? 1 : 0);
  }

  /** Record for RIP, with CODE_BASE set; 0 with the exit fields set if it can't be fetched. */
  private find(): number {
    const { ram } = this;
    const lo = ram.i32[RIP >> 2];
    const hi = ram.i32[(RIP >> 2) + 1];
    ram.i32[CODE_BASE >> 2] = lo & ~(PAGE - 1);
    ram.i32[(CODE_BASE >> 2) + 1] = hi;
    const at = jumpEntry(lo) >> 2;
    if (ram.i32[at] === lo && ram.i32[at + 1] === hi) return ram.i32[at + 2] >>> 0;
    const address = join(lo, hi);
    const frame = this.execFrame(address);
    if (!frame) return 0;
    const offset = lo & (PAGE - 1);
    if (this.breakpoints.addresses.size) this.breakpoints.enter(address - offset, frame);
    const record = this.cache.find(frame, offset) || this.decode(frame, offset, address);
    if (record) this.cache.remember(lo, hi, record);
    return record;
  }
  /** Frame that an address may be executed from; 0 with a page fault (or #GP) in the exit fields. */
  private execFrame(address: number): number {
    const space = this.space;
    if (!space) throw new Error("engine has no address space");
    if (address < USER_END + PAGE && space.fault(address, EXEC) === FAULT_OK) {
      return (space.entry(address) & ~(PAGE - 1)) >>> 0;
    }
    const { ram } = this;
    ram.i32[EXIT_VECTOR >> 2] = VECTOR.PF;
    ram.i32[EXIT_ERROR >> 2] = PF_USER | PF_FETCH | (space.entry(address) ? PF_PRESENT : 0);
    if (address >= 2 ** 47) {
      // Only RIP itself leads here, and a number doesn't hold all of its bits.
      const hi = ram.i32[(RIP >> 2) + 1];
      ram.i32[EXIT_ADDR >> 2] = ram.i32[RIP >> 2];
      ram.i32[(EXIT_ADDR >> 2) + 1] = hi;
      if (hi >> 15 === -1) return 0;
      // A jump to a non-canonical address faults on the jump itself on real processors; here it does at the target.
      ram.i32[EXIT_VECTOR >> 2] = VECTOR.GP;
      ram.i32[EXIT_ERROR >> 2] = 0;
      return 0;
    }
    ram.view.setBigUint64(EXIT_ADDR, BigInt(address), true);
    return 0;
  }
  private decode(frame: number, offset: number, address: number): number {
    const { ram } = this;
    let record = this.cache.reserve(MAX_RECORDS);
    if (!record) {
      // Records may not move under regions that are waiting for this call to return: leave them first.
      this.full = ram.i32[CALL_DEPTH >> 2] !== 0;
      if (this.full) return 0;
      this.cache.flush();
      record = this.cache.reserve(MAX_RECORDS);
    }
    const made = this.build(record, frame, address);
    if (!made) return 0;
    this.cache.add(frame, { record, count: made.count, start: offset, end: made.end }, made.second);
    return record;
  }
  /** Writes records for at most `limit` instructions; undefined with the exit fields set if the second page can't be fetched. */
  private build(
    record: number,
    frame: number,
    address: number,
    limit?: number,
  ): (Decoded & { second: number }) | undefined {
    const offset = address % PAGE;
    const made = this.builder.build(record, frame, offset, undefined, limit);
    if (made !== "short") return { ...made, second: 0 };
    const second = this.execFrame(address - offset + PAGE);
    if (!second) return undefined;
    const crossing = { bytes: this.splice(frame, offset, second), frame: second };
    const again = this.builder.build(record, frame, offset, crossing, limit);
    if (again === "short") throw new Error("instruction does not end");
    return { ...again, second };
  }
  /** The bytes of the instruction that RIP stands at, and of what follows. */
  private bytesHere(): Uint8Array {
    const address = this.rip;
    const frame = this.execFrame(address);
    const offset = address % PAGE;
    if (offset <= PAGE - 15) return this.ram.u8.subarray(frame + offset, frame + offset + 15);
    const second =
      this.space?.fault(address - offset + PAGE, EXEC) === FAULT_OK && this.execFrame(address - offset + PAGE);
    return this.splice(frame, offset, second || frame);
  }
  /** The last bytes of a page and the first 15 of the next. */
  private splice(frame: number, offset: number, second: number): Uint8Array {
    const bytes = new Uint8Array(PAGE - offset + 15);
    bytes.set(this.ram.u8.subarray(frame + offset, frame + PAGE));
    bytes.set(this.ram.u8.subarray(second, second + 15), PAGE - offset);
    return bytes;
  }
  /** A record that could not run: it was dropped, or its second page changed. False with a fault set. */
  private recheck(record: number): boolean {
    const { ram } = this;
    const fn = ram.u32[(record + R_FN) >> 2];
    const address = join(ram.i32[RIP >> 2], ram.i32[(RIP >> 2) + 1]);
    const frame = this.execFrame(address);
    if (!frame) return false;
    const offset = address % PAGE;
    if (fn === FN_CROSS) {
      const second = this.execFrame(address - offset + PAGE);
      if (!second) return false;
      const block = this.cache.block(frame, offset);
      if ((block?.record === record || block?.moved === record) && second !== ram.u32[(record + R_IMM) >> 2])
        this.cache.drop(frame, offset);
      return true;
    }
    const to = this.cache.find(frame, offset);
    if (to && (ram.u8[record + R_POS] & POS_MASK) === 0) this.cache.forward(record, to, offset);
    return true;
  }
}
