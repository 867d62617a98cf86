/**
 * The control flow of a region: blocks of one guest function that are reached by direct branches from its entry and
 * have been executed (the interpreter decodes only what it reaches). Addresses are linear.
 */
import { BASE_RIP, type Insn } from "../../isa/types.ts";

export interface FlowInsn {
  address: number;
  insn: Insn;
}

/**
 * How a block ends. "jump", "cond": direct branches; "call": a direct call, going on at `fall`; "indirect": computed call
 * (with `fall`), jump or return; "stop": an instruction that regions don't hold, or unknown code: leave at its address;
 * "fall": the next block starts here.
 */
export type End = "jump" | "cond" | "call" | "indirect" | "stop" | "fall";

export interface FlowBlock {
  address: number;
  insns: FlowInsn[];
  end: End;
  taken: number;
  fall: number;
  /** Where a call is expected to end up: of a computed call, or of one to a jump through a table (PLT). */
  expected?: Expected;
}

/**
 * `slot`: the address that the jump loads its target from, 0 for a computed call; `steps`: instructions from there to the
 * jump, with it.
 */
export interface Expected {
  to: number;
  slot: number;
  steps: number;
}

/** What the region builder asks of the code cache and the page tables. */
export interface CodeSource {
  /** The interpreter has decoded a block that starts here, so it has been executed. */
  known(address: number): boolean;
  /** What `straight` finds at an address. It is not to be changed. */
  run(address: number): FlowBlock;
  /** Addresses from `from` to `to` that indirect jumps led to. */
  jumpedTo(from: number, to: number): number[];
}

/** Blocks by address, the entry's first, and the addresses at which the region may be entered. */
export interface Flow {
  blocks: Map<number, FlowBlock>;
  entries: number[];
}

/** How much a region holds at most. */
export interface Limits {
  insns: number;
  blocks: number;
}
const LIMITS: Limits = { insns: 600, blocks: 150 };
/** The same where indirect jumps lead about in a function: a bytecode interpreter is best held in one region. */
const JUMP_LIMITS: Limits = { insns: 4000, blocks: 1000 };
/** Bytes between parts of one function with computed jumps, at most. */
const APART = 16384;
/** Bytes before and behind known code that may belong to the same function. */
const BEFORE = 256;
const BEHIND = 512;

function endOf(insn: Insn): End | undefined {
  const rel = insn.operands[0]?.kind === "rel";
  switch (insn.row.mnemonic) {
    case "JMP":
      return rel ? "jump" : "indirect";
    case "CALL":
      return rel ? "call" : "indirect";
    case "RET":
      return "indirect";
    default:
      return rel ? "cond" : undefined;
  }
}

/** Instructions from an address on, to the first that branches, or to what regions don't hold. `insn`: what is at an address. */
export function straight(address: number, insn: (address: number) => Insn | undefined): FlowBlock {
  const block: FlowBlock = { address, insns: [], end: "stop", taken: 0, fall: address };
  for (let at = address; block.insns.length < LIMITS.insns; ) {
    block.fall = at;
    const next = insn(at);
    if (!next) return block;
    block.insns.push({ address: at, insn: next });
    at += next.length;
    block.fall = at;
    const end = endOf(next);
    if (!end) continue;
    block.end = end;
    const [rel] = next.operands;
    if (rel?.kind === "rel") block.taken = at + rel.disp;
    return block;
  }
  return block;
}

/** A block without its instructions from the nth on. */
function upTo(b: FlowBlock, n: number): FlowBlock {
  return { address: b.address, insns: b.insns.slice(0, n), end: "fall", taken: 0, fall: b.insns[n].address };
}

/** Where control may go on inside the region. */
export function successors(b: FlowBlock): number[] {
  switch (b.end) {
    case "jump":
      return [b.taken];
    case "cond":
      return [b.taken, b.fall];
    case "call":
    case "fall":
      return [b.fall];
    case "indirect":
      return b.insns[b.insns.length - 1].insn.row.mnemonic === "CALL" ? [b.fall] : [];
    default:
      return [];
  }
}

/** A block that ends with a computed call. */
export function isComputedCall(b: FlowBlock): boolean {
  return b.end === "indirect" && b.insns[b.insns.length - 1].insn.row.mnemonic === "CALL";
}

/** A block that ends with a computed jump, not a call or return, nor one through a fixed place, as in a PLT. */
export function isJump(b: FlowBlock): boolean {
  const { insn } = b.insns[b.insns.length - 1] ?? {};
  if (b.end !== "indirect" || insn?.row.mnemonic !== "JMP") return false;
  const [target] = insn.operands;
  return target.kind !== "mem" || target.base !== BASE_RIP;
}

/** Addresses from `from` to `to`. */
export interface Span {
  from: number;
  to: number;
}

export function isWithin(spans: readonly Span[], address: number): boolean {
  return spans.some(({ from, to }) => address >= from && address <= to);
}

/** The code that lies together with a computed jump among some blocks: what is far belongs to other functions. */
export function reachOfJumps(blocks: Iterable<FlowBlock>): Span[] {
  const near: (Span & { jumps: boolean })[] = [];
  for (const b of [...blocks].sort((x, y) => x.address - y.address)) {
    const last = near[near.length - 1];
    const jumps = isJump(b);
    if (!last || b.address > last.to + APART) near.push({ from: b.address, to: b.fall, jumps });
    else {
      last.to = Math.max(last.to, b.fall);
      last.jumps ||= jumps;
    }
  }
  return near.filter((s) => s.jumps).map(({ from, to }) => ({ from: from - BEFORE, to: to + BEHIND }));
}

export interface DiscoverOptions {
  /** Where a flow ends although the code goes on. */
  border?: (address: number) => boolean;
  /** Blocks that it may hold. */
  only?: (address: number) => boolean;
  most?: Limits;
  /** Not with what computed jumps led to. */
  jumps?: boolean;
}

/**
 * What is reached from some entries, the first of which is the main one, without crossing the border. Blocks don't overlap
 * unless code does.
 */
export function discover(source: CodeSource, from: readonly number[], options: DiscoverOptions = {}): Flow {
  const { border, most, only } = options;
  const leaders = new Set<number>(from);
  const work = [...leaders];
  const entries = new Set(leaders);
  /** By where a run of instructions ends: how many of it are known. Runs that end together are the same but for where they start. */
  const runs = new Map<number, number>();
  let insns = 0;
  const seen: FlowBlock[] = [];
  let jumps = false;
  const add = (address: number): void => {
    leaders.add(address);
    work.push(address);
  };
  // First find the leaders: a block found late may start in the middle of one found early.
  for (let i = 0; i < work.length; i++) {
    let b = source.run(work[i]);
    const ends = border ? b.insns.findIndex(({ address }, n) => n > 0 && border(address)) : -1;
    if (ends > 0) b = upTo(b, ends);
    const known = runs.get(b.fall) ?? 0;
    if (b.insns.length > known) {
      insns += b.insns.length - known;
      runs.set(b.fall, b.insns.length);
    }
    seen.push(b);
    jumps ||= isJump(b);
    const limits = most ?? (jumps ? JUMP_LIMITS : LIMITS);
    const room = (): boolean => leaders.size < limits.blocks && insns < limits.insns;
    for (const next of successors(b)) {
      if (leaders.has(next) || border?.(next) || only?.(next) === false || !room()) continue;
      // What follows a call was executed if it returned; it is worth having even if it did not yet.
      if (!source.known(next) && b.end !== "call" && !(b.end === "indirect" && next === b.fall)) continue;
      add(next);
    }
    if (i !== work.length - 1 || !jumps || options.jumps === false) continue;
    for (const address of reachOfJumps(seen).flatMap((s) => source.jumpedTo(s.from, s.to))) {
      if (entries.has(address) || !room() || only?.(address) === false) continue;
      entries.add(address);
      if (!leaders.has(address)) add(address);
    }
  }
  return { blocks: separate(seen, leaders), entries: [...entries] };
}

/** Runs of instructions, each up to the next leader. */
function separate(runs: readonly FlowBlock[], leaders: ReadonlySet<number>): Map<number, FlowBlock> {
  const sorted = Float64Array.from(leaders).sort();
  const next = new Map<number, number>();
  for (const [i, a] of sorted.entries()) next.set(a, sorted[i + 1] ?? Infinity);
  const cut = (b: FlowBlock): FlowBlock => {
    // Of code that overlaps, the next leader may lie within an instruction.
    if ((next.get(b.address) as number) >= b.fall) return { ...b };
    const n = b.insns.findIndex(({ address }, i) => i > 0 && leaders.has(address));
    return n < 0 ? { ...b } : upTo(b, n);
  };
  return new Map(runs.map((b) => [b.address, cut(b)]));
}

/** Instructions. */
export function sizeOf(flow: Flow): number {
  let n = 0;
  for (const b of flow.blocks.values()) n += b.insns.length;
  return n;
}

/**
 * Leaves of a flow only what is wanted: the first entry, blocks that some test says are, and what lies just between such
 * blocks. Entries that go are no longer entries.
 */
export function prune(flow: Flow, wanted: (address: number) => boolean): void {
  const { blocks } = flow;
  const [entry] = flow.entries;
  const kept = new Set([...blocks.keys()].filter((a) => a === entry || wanted(a)));
  const gaps: number[] = [];
  for (const a of kept) {
    for (const gap of successors(blocks.get(a) as FlowBlock)) {
      const b = kept.has(gap) ? undefined : blocks.get(gap);
      if (b && successors(b).some((to) => kept.has(to))) gaps.push(gap);
    }
  }
  for (const a of gaps) kept.add(a);
  for (const a of blocks.keys()) if (!kept.has(a)) blocks.delete(a);
  flow.entries = flow.entries.filter((a) => kept.has(a));
}

/** Leaves of a flow only what can come back to its entry: the loop around it. False if there is none. */
export function keepLoop(flow: Flow): boolean {
  const [entry] = flow.entries;
  // Computed jumps lead to all entries; that they lead to this one is enough for them to be inside.
  const toEntry: number[] = [];
  const before = new Map([[entry, toEntry]]);
  for (const b of flow.blocks.values()) {
    if (isJump(b)) toEntry.push(b.address);
    for (const to of successors(b)) {
      const known = before.get(to);
      if (known) known.push(b.address);
      else before.set(to, [b.address]);
    }
  }
  const inside = new Set<number>();
  const work = [entry];
  for (let n = work.pop(); n !== undefined; n = work.pop()) {
    for (const from of before.get(n) ?? []) {
      if (inside.has(from)) continue;
      inside.add(from);
      work.push(from);
    }
  }
  if (!inside.has(entry)) return false;
  for (const address of flow.blocks.keys()) if (!inside.has(address)) flow.blocks.delete(address);
  flow.entries = flow.entries.filter((e) => inside.has(e));
  return true;
}
