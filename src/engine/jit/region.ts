/** One region: its flow graph, structured, through the emitter. */
import type { Row } from "../../isa/types.ts";
import type { Semantics } from "../../sem/emit.ts";
import type { Label } from "../../wasm/code.ts";
import { RegionEmit, Unsupported } from "./emit.ts";
import { type FlowBlock, type FlowInsn, successors } from "./flow.ts";
import type { RegionModule } from "./module.ts";
import { edgeKey, type Shape, structure } from "./structure.ts";

/** Register forms of these neither leave nor read flags before they set them. */
const PLAIN = new Set(
  (
    "MOV MOVZX MOVSX MOVSXD ADD SUB AND OR XOR CMP TEST NEG NOT LEA IMUL XCHG BSWAP NOP SETE SETNE " +
    "CWDE CDQE CDQ CQO MOVAPS MOVAPD MOVDQA MOVDQU MOVUPS JMP"
  ).split(" "),
);
const ARITHMETIC = "oszapc";

/** Whether flags matter at an instruction: "live" (read, or seen by a fault), "dead" (all overwritten), or neither. */
function flagUse({ insn }: FlowInsn): "live" | "dead" | undefined {
  const row: Row = insn.row;
  if (row.flagsRead !== "" || row.keepsFlagsAtZero) return "live";
  const memory = insn.operands.some((o) => o.kind === "mem") && row.mnemonic !== "LEA" && row.mnemonic !== "NOP";
  if (memory || !PLAIN.has(row.mnemonic)) return "live";
  const set = row.flagsWritten + row.flagsUndefined;
  return [...ARITHMETIC].every((f) => set.includes(f)) ? "dead" : undefined;
}

export class RegionBuilder {
  private readonly shape: Shape;
  private readonly emit: RegionEmit;
  private readonly loops = new Map<number, Label>();
  private readonly ends = new Map<number, Label>();
  private readonly live = new Map<number, boolean>();
  private current = 0;

  constructor(
    module: RegionModule,
    private readonly blocks: Map<number, FlowBlock>,
    private readonly entry: number,
    private readonly semantics: (mnemonic: string) => Semantics | undefined,
  ) {
    this.emit = new RegionEmit(module);
    this.emit.branches = { branch: (to) => this.branch(to) };
    this.shape = structure(entry, (n) => this.inside(n));
    this.liveness();
  }
  private inside(n: number): number[] {
    const b = this.blocks.get(n);
    return b ? successors(b).filter((to) => this.blocks.has(to)) : [];
  }
  /** Which blocks need the flags that they are entered with. */
  private liveness(): void {
    const local = (b: FlowBlock): boolean | undefined => {
      for (const f of b.insns) {
        const use = flagUse(f);
        if (use) return use === "live";
      }
      return undefined;
    };
    const own = new Map([...this.blocks].map(([n, b]) => [n, local(b)]));
    for (let changed = true; changed; ) {
      changed = false;
      for (const n of [...this.shape.order].reverse()) {
        const b = this.blocks.get(n) as FlowBlock;
        const next = this.inside(n);
        const leaves = b.end !== "fall" && b.end !== "jump" && b.end !== "cond";
        const outside = next.length < successors(b).length;
        const v = own.get(n) ?? (leaves || outside || next.some((s) => this.live.get(s)));
        if (v !== (this.live.get(n) ?? false)) {
          this.live.set(n, v);
          changed = true;
        }
      }
    }
  }

  build(): RegionEmit {
    this.emit.whole(() => this.tree(this.entry));
    return this.emit;
  }
  private rpo(n: number): number {
    return this.shape.rpo.get(n) as number;
  }
  /** A block with all that it dominates. */
  private tree(n: number): void {
    const e = this.emit;
    const joins = (this.shape.children.get(n) ?? []).filter((c) => this.shape.joins.has(c));
    joins.sort((a, b) => this.rpo(b) - this.rpo(a));
    if (!this.shape.loopHeads.has(n)) {
      this.within(n, joins, 0);
      return;
    }
    this.enter(n);
    e.flagState = undefined;
    e.plainLoop((top) => {
      this.loops.set(n, top);
      this.within(n, joins, 0);
    });
  }
  /** Join points follow the blocks that lead to them: the farthest outermost. */
  private within(n: number, joins: number[], i: number): void {
    if (i === joins.length) {
      this.block(n);
      return;
    }
    this.emit.plainBlock((end) => {
      this.ends.set(joins[i], end);
      this.within(n, joins, i + 1);
    });
    this.emit.flagState = undefined;
    this.tree(joins[i]);
  }
  private enter(n: number): void {
    if (this.live.get(n)) this.emit.materialize();
  }
  /** The way from the current block to an address. */
  private branch(to: number): void {
    const e = this.emit;
    const from = this.current;
    if (!this.blocks.has(to) || this.shape.cut.has(edgeKey(from, to))) e.leaveTo(to);
    else if (this.rpo(to) <= this.rpo(from)) {
      e.checkBudget(to);
      this.enter(to);
      e.br(this.loops.get(to) as Label);
    } else if (this.shape.joins.has(to)) {
      this.enter(to);
      e.br(this.ends.get(to) as Label);
    } else {
      this.tree(to);
      this.current = from;
    }
  }
  private block(n: number): void {
    const b = this.blocks.get(n) as FlowBlock;
    const e = this.emit;
    this.current = n;
    e.startBlock(b);
    for (const f of b.insns) {
      const semantics = this.semantics(f.insn.row.mnemonic);
      const mark = e.mark;
      const flags = e.flagState;
      try {
        if (!semantics) throw new Unsupported(f.insn.row.mnemonic);
        e.start(f);
        semantics(e);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        e.rewind(mark);
        e.flagState = flags;
        e.leaveTo(f.address);
        return;
      }
    }
    if (b.end === "fall") this.branch(b.fall);
    else if (b.end === "stop") e.leaveTo(b.fall);
  }
}
