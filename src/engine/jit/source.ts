/** What compiling asks of guest code: instructions, where jumps led, which regions there are. */
import { decode } from "../../decode/decode.ts";
import { BASE_RIP, type Insn } from "../../isa/types.ts";
import { READ } from "../../mmu/access.ts";
import { PAGE } from "../../mmu/frames.ts";
import type { Ram } from "../../mmu/ram.ts";
import { type AddressSpace, USER_END } from "../../mmu/space.ts";
import type { CodeCache } from "../code-cache.ts";
import { ALONE } from "../interp/numbers.ts";
import { VARIANTS, variantOf } from "../interp/variant.ts";
import { type Decoded, FrameInsns } from "./decoded.ts";
import { type CodeSource, type Expected, type FlowBlock, isComputedCall, straight } from "./flow.ts";
import type { Known } from "./module.ts";
import { frameAt, type Region, type Regions } from "./regions.ts";

/** Bytes of the longest instruction. */
const MAX_LENGTH = 15;

export interface SourceParts {
  ram: Ram;
  cache: CodeCache;
  index: Uint16Array;
  /** Addresses that the interpreter is to look at. */
  breakpoints: ReadonlySet<number>;
}

/** Code as one address space shows it. */
export class SpaceSource implements CodeSource {
  constructor(
    private readonly space: AddressSpace,
    private readonly parts: SourceParts,
    private readonly regions: Regions,
    private readonly decoded: Decoded,
  ) {}
  record(address: number): number {
    const frame = frameAt(this.space, address);
    return frame ? this.parts.cache.find(frame, address % PAGE) : 0;
  }
  known(address: number): boolean {
    return this.record(address) !== 0;
  }
  region(address: number): Known<Region> | undefined {
    const record = this.record(address);
    const r = record ? this.regions.ofRecord(record) : undefined;
    const entry = r ? r.entries.findIndex((e) => e.address === address && e.record === record) : -1;
    return r && entry >= 0 ? { callee: r, entry } : undefined;
  }
  jumpedTo(from: number, to: number): number[] {
    const out: number[] = [];
    for (let page = from - (from % PAGE); page <= to; page += PAGE) {
      const frame = frameAt(this.space, page);
      if (!frame) continue;
      for (const offset of this.parts.cache.jumpedTo(frame)) {
        const address = page + offset;
        if (address >= from && address <= to) out.push(address);
      }
    }
    return out;
  }
  /** What is known of where a block's call ends up. */
  expected(b: FlowBlock): Expected | undefined {
    if (b.end === "call") return this.stub(b.taken);
    if (!isComputedCall(b)) return undefined;
    const frame = frameAt(this.space, b.address);
    const at = b.insns[b.insns.length - 1].address % PAGE;
    const to = frame ? this.parts.cache.lastCalled(frame, b.address % PAGE, at) : 0;
    return to ? { to, slot: 0, steps: 0 } : undefined;
  }
  /** A jump through a fixed address, as in a PLT. */
  private stub(address: number): Expected | undefined {
    let insn = this.insn(address);
    let steps = 1;
    if (insn?.row.mnemonic === "ENDBR64") {
      address += insn.length;
      insn = this.insn(address);
      steps++;
    }
    const o = insn?.operands[0];
    if (insn?.row.mnemonic !== "JMP" || o?.kind !== "mem" || o.base !== BASE_RIP || insn.addrSize !== 64)
      return undefined;
    const slot = address + insn.length + o.dispLo;
    const { space } = this;
    const pte = space.entry(slot);
    if (slot % PAGE > PAGE - 8 || !(pte & READ)) return undefined;
    const host = ((pte & ~(PAGE - 1)) >>> 0) + (slot % PAGE);
    return { to: Number(this.parts.ram.view.getBigUint64(host, true)), slot, steps };
  }
  /** The page that was asked for last. */
  private page = -1;
  private frame = 0;
  private code = new FrameInsns();

  run(address: number): FlowBlock {
    const page = address - (address % PAGE);
    if (page !== this.page) this.turnTo(page);
    const { runs } = this.code;
    const known = runs.get(address);
    if (known) return known;
    const run = straight(address, (at) => this.insn(at));
    // Breakpoints come and go. Where a run stops for want of an instruction, there may be one later.
    if (run.fall <= page + PAGE && run.end !== "stop" && !this.parts.breakpoints.size) runs.set(address, run);
    return run;
  }
  private insn(address: number): Insn | undefined {
    if (this.parts.breakpoints.has(address)) return undefined;
    const offset = address % PAGE;
    if (address - offset !== this.page) this.turnTo(address - offset);
    const { insns } = this.code;
    const known = insns.get(offset);
    if (known || insns.has(offset)) return known;
    const insn = this.decode(offset);
    const found = insn && this.supported(insn) ? insn : undefined;
    // One that runs into the next page is not this frame's alone.
    if (offset + (insn?.length ?? MAX_LENGTH) <= PAGE) insns.set(offset, found);
    return found;
  }
  /** Compiling must not bring pages in: that would depend on what is hot. */
  private turnTo(page: number): void {
    this.page = page;
    this.frame = page >= 0 && page < USER_END ? frameAt(this.space, page) : 0;
    this.code = (this.frame ? this.decoded.of(this.frame) : new FrameInsns()).at(page);
  }
  private decode(offset: number): Insn | undefined {
    const { frame, parts } = this;
    if (!frame) return undefined;
    let insn = decode(parts.ram.u8, frame + offset, frame + PAGE, 64);
    const next = insn === "short" ? frameAt(this.space, this.page + PAGE) : 0;
    if (next) {
      const bytes = new Uint8Array(PAGE - offset + MAX_LENGTH);
      bytes.set(parts.ram.u8.subarray(frame + offset, frame + PAGE));
      bytes.set(parts.ram.u8.subarray(next, next + MAX_LENGTH), PAGE - offset);
      insn = decode(bytes, 0, bytes.length, 64);
    }
    return typeof insn === "string" ? undefined : insn;
  }
  private supported(insn: Insn): boolean {
    const entry = this.parts.index[insn.row.index * VARIANTS + variantOf(insn)];
    return entry !== 0 && (entry & ALONE) === 0;
  }
}
