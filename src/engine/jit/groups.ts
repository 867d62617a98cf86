/**
 * One address check for several accesses: within a block, addresses that differ by constants only, such as the fields of
 * a structure or a stack frame, are tested together. What is near enough forms a group; its range is known at the end
 * of the block, so the test, at the first access, is filled in afterwards.
 */
import type { Val } from "../../wasm/expr.ts";
import { CONST, LOCAL } from "../../wasm/expr.ts";

/** A value as an unknown one, by number, plus a constant. */
export interface Relative {
  id: number;
  offset: number;
}

export interface Group {
  id: number;
  /** Offsets from the unknown value: first byte, and behind the last. */
  from: number;
  to: number;
  write: boolean;
  /** Local with the host address of `from`, or 0; that of a group of one access isn't tested yet. */
  host: number;
  /** Accesses. */
  count: number;
}

/** Bytes that a group may span: more would lie in two pages too often. */
const SPAN = 512;
const I64_ADD = 0x7c;
const I64_SUB = 0x7d;
const FAR = 2 ** 31;

export class Groups {
  /** By local. */
  private symbols: (Relative | undefined)[] = [];
  private groups: Group[] = [];
  private next = 0;

  /** Nothing is known at the start of a block. */
  clear(): void {
    this.symbols = [];
    this.groups = [];
  }
  forget(index: number): void {
    this.symbols[index] = undefined;
  }
  /** A local that holds something new. */
  renew(index: number): Relative {
    const s = { id: this.next++, offset: 0 };
    this.symbols[index] = s;
    return s;
  }
  know(index: number, s: Relative | undefined): void {
    this.symbols[index] = s;
  }
  at(index: number): Relative | undefined {
    return this.symbols[index];
  }
  /** `local` says what is known of a local. */
  of(v: Val, local: (index: number) => Relative | undefined): Relative | undefined {
    if (v.op === LOCAL) return local(v.imm as number);
    if ((v.op !== I64_ADD && v.op !== I64_SUB) || v.args[1].op !== CONST) return undefined;
    const s = this.of(v.args[0], local);
    const by = Number(v.args[1].imm as bigint) * (v.op === I64_ADD ? 1 : -1);
    return s && Math.abs(s.offset + by) < FAR ? { id: s.id, offset: s.offset + by } : undefined;
  }
  /** The group that an access belongs to, if there is one. */
  find(s: Relative, bytes: number, write: boolean): Group | undefined {
    for (const g of this.groups) {
      if (g.id !== s.id) continue;
      const from = Math.min(g.from, s.offset);
      const to = Math.max(g.to, s.offset + bytes);
      if (to - from > SPAN) continue;
      g.from = from;
      g.to = to;
      g.write ||= write;
      g.count++;
      return g;
    }
    return undefined;
  }
  add(s: Relative, bytes: number, write: boolean, host: number): Group {
    const g = { id: s.id, from: s.offset, to: s.offset + bytes, write, host, count: 1 };
    this.groups.push(g);
    return g;
  }
}
