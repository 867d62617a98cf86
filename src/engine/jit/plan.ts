/** Which code is compiled together, when some of it is hot. */
import { discover, type Flow, isJump, isWithin, keepLoop, prune, reachOfJumps, sizeOf } from "./flow.ts";
import type { Heat } from "./heat.ts";
import type { Known } from "./module.ts";
import type { Region, Regions } from "./regions.ts";
import type { SpaceSource } from "./source.ts";

/** Most regions and instructions in one module, beside those that are asked for. */
const MAX_REGIONS = 16;
const MAX_INSNS = 2500;
/** What a region holds at most of code that others hold as well, and were left before. */
const MAX_AGAIN = { insns: 200, blocks: 50 };
/** How often a region is made anew because code that it led to turned out to be hot. */
const MAX_GROWTH = 4;
const MAX_JUMP_GROWTH = 10;
/** Callees of hot code need fewer samples: direct calls are better than others. */
const FAVOUR = 6;

/**
 * Code that so large a region with computed jumps leads to becomes a region of its own if it is so many times smaller; Hops
 * tells when it pays to have both in one.
 */
const APART_SHARE = 10;
/** What a region holds at most that takes the place of several. */
const UNITED = { insns: 8000, blocks: 2000 };

/** Instructions of a flow with computed jumps that is compiled with all that was ever executed of it. */
const WHOLE = 300;

/** So does what computed jumps of a region lead to: it is left and entered again for each. */
const JUMP_FAVOUR = 2;

function hasJumps(flow: Flow): boolean {
  return [...flow.blocks.values()].some(isJump);
}

/**
 * Flow graphs by their first entry, compiled regions of other modules that these call, and the regions that those at some
 * entries take the place of.
 */
export class Plan {
  readonly flows = new Map<number, Flow>();
  readonly calls = new Map<number, Known<Region>>();
  readonly grown = new Map<number, Region>();
  /** Flows that computed jumps lead out of, for as long as the whole is not worth it. */
  readonly parts = new Set<Flow>();
  /** Flows with computed jumps as they were found: what else is asked for may lie in one of them. */
  private readonly switches: Flow[] = [];
  /** What old regions would hold if they were made anew. */
  private readonly anew = new Map<Region, Flow>();
  insns = 0;

  constructor(
    private readonly source: SpaceSource,
    private readonly regions: Regions,
    private readonly heat: Heat,
  ) {}

  /** Plans what is hot at some addresses, with functions that it calls. The addresses at which nothing can be compiled. */
  make(roots: readonly number[]): number[] {
    const hopeless: number[] = [];
    const work = [...roots];
    for (let i = 0; i < work.length; i++) {
      const called = i >= roots.length;
      if (called && (this.flows.size >= MAX_REGIONS || this.insns >= MAX_INSNS)) break;
      if (this.has(work[i]) || this.source.region(work[i])) continue;
      const joined = this.joined(work[i]);
      if (joined) {
        work.push(...this.called(joined));
        continue;
      }
      const old = this.regions.leadingTo(work[i]);
      const flow = (old && this.larger(work[i], old)) ?? this.flowAt(work[i], called ? FAVOUR : 1);
      if (flow === "none") hopeless.push(work[i]);
      if (typeof flow === "string") continue;
      this.flows.set(flow.entries[0], flow);
      work.push(...this.called(flow));
    }
    return hopeless;
  }
  /** Makes one region of several, with another entry. */
  unite(members: readonly Region[], address: number): void {
    const largest = members.reduce((a, b) => (b.insns > a.insns ? b : a));
    const held = new Set(members.flatMap((r) => r.blocks));
    const entries = [largest, ...members].flatMap((r) => r.entries.map((e) => e.address));
    const flow = discover(this.source, [...entries, address], { only: (a) => held.has(a), most: UNITED });
    this.flows.set(entries[0], flow);
    this.grown.set(entries[0], largest);
    this.called(flow);
  }
  /** Whether an address is an entry. It becomes one of a flow that holds it and has several anyway. */
  private has(address: number): boolean {
    if (this.flows.has(address)) return true;
    for (const flow of this.flows.values()) {
      if (flow.entries.length < 2 || !flow.blocks.has(address)) continue;
      if (!flow.entries.includes(address)) flow.entries.push(address);
      return true;
    }
    return false;
  }
  /** A flow with computed jumps that may lead to an address, with what is there; none if there is no such. */
  private joined(address: number): Flow | undefined {
    for (const flow of this.flows.values()) {
      if (!hasJumps(flow) || !isWithin(reachOfJumps(flow.blocks.values()), address)) continue;
      const more = discover(this.source, [...flow.entries, address]);
      this.cut(more, new Set([...flow.blocks.keys(), address]));
      // `called` counts it again, as it is then.
      this.insns -= sizeOf(flow);
      Object.assign(flow, more);
      return flow;
    }
    return undefined;
  }
  private flowAt(address: number, favour: number): Flow | "none" | "later" {
    const { source, heat } = this;
    const flow = this.flowFrom(address);
    this.cut(flow);
    if (!flow.blocks.get(address)?.insns.length) return "none";
    const again = this.regions.covered.get(address) !== undefined;
    const jumps = hasJumps(flow);
    if ((jumps || !again) && heat.worth(flow, favour)) return this.whole(flow);
    // The loop is enough; or, where a region was entered in its middle, the way to where one begins.
    let part = keepLoop(flow) && heat.worth(flow, favour) ? flow : undefined;
    if (!part && again) {
      part = discover(source, [address], { border: (a) => source.region(a) !== undefined, most: MAX_AGAIN });
      if (!heat.worth(part, favour)) return "later";
    }
    if (part && jumps) this.parts.add(part);
    return part ?? "later";
  }
  /** What is reached from an address. Where computed jumps connect all, it is the same from anywhere. */
  private flowFrom(address: number): Flow {
    const found = this.switches.find(({ blocks }) => blocks.has(address));
    if (found) return { blocks: new Map(found.blocks), entries: [...new Set([address, ...found.entries])] };
    const flow = discover(this.source, [address]);
    if (hasJumps(flow)) {
      const jumpedTo = flow.entries.filter((e) => e !== address || this.source.jumpedTo(e, e).length);
      this.switches.push({ blocks: new Map(flow.blocks), entries: jumpedTo });
    }
    return flow;
  }
  /** A flow with computed jumps takes the place of regions that held parts of it, where those are entered. */
  private whole(flow: Flow): Flow {
    if (!hasJumps(flow)) return flow;
    for (const a of flow.blocks.keys()) if (!flow.entries.includes(a) && this.source.region(a)) flow.entries.push(a);
    return flow;
  }
  /** Leaves of a large flow with computed jumps what time goes to, and what was in a region before. */
  private cut(flow: Flow, before?: ReadonlySet<number>): void {
    if (sizeOf(flow) > WHOLE && hasJumps(flow)) prune(flow, (a) => this.heat.warm(a) || before?.has(a) === true);
  }
  /** A region that leads to an address made anew, so that it holds what is there. */
  private larger(address: number, old: Region): Flow | "later" | undefined {
    if (old.growth >= (old.reach ? MAX_JUMP_GROWTH : MAX_GROWTH)) return undefined;
    const entries = old.entries.map((e) => e.address);
    if (this.flows.has(entries[0]) || this.source.region(entries[0])?.callee !== old) return undefined;
    if (old.reach && old.insns > WHOLE && !this.regions.covered.has(address)) {
      const part = this.apart(address);
      if (sizeOf(part) * APART_SHARE < old.insns) return this.heat.worth(part) ? part : "later";
    }
    let found = this.anew.get(old);
    if (!found) this.anew.set(old, (found = discover(this.source, entries)));
    const flow: Flow = { blocks: new Map(found.blocks), entries: [...found.entries] };
    if (old.reach && old.blocks.includes(address) && !entries.includes(address)) flow.entries.push(address);
    this.cut(flow, new Set(old.blocks));
    if (!flow.blocks.has(address)) return undefined;
    // Of code with computed jumps there is one region.
    if (!this.heat.worth(flow, old.reach ? JUMP_FAVOUR : 1)) return old.reach ? "later" : undefined;
    this.grown.set(entries[0], old);
    return this.whole(flow);
  }
  /** What is hot and reached from an address, and in no region yet. */
  private apart(address: number): Flow {
    const { covered } = this.regions;
    const only = (a: number): boolean => !covered.has(a) && this.heat.warm(a);
    return discover(this.source, [address], { only, jumps: false });
  }
  /** Notes what a flow calls: the functions that might be compiled along. */
  private called(flow: Flow): number[] {
    const { source } = this;
    const out: number[] = [];
    for (const b of flow.blocks.values()) {
      this.insns += b.insns.length;
      b.expected = source.expected(b);
      const to = b.expected?.to ?? (b.end === "call" ? b.taken : 0);
      if (!to || !source.known(to)) continue;
      const known = source.region(to);
      if (!known) {
        if (this.heat.near(to)) out.push(to);
      } else if (this.regions.current(known)) this.calls.set(to, known);
    }
    return out;
  }
}
