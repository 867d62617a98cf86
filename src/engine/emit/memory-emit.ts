/** Guest memory for both back ends: the inline TLB test, the slow path, and leaving when memory can't be reached. */
import { BOUNCE } from "../../cpu/layout.ts";
import type { Shared } from "../../sem/emit.ts";
import { type Callee, Code, type StoreWidth } from "../../wasm/code.ts";
import { i32, i64, type Val } from "../../wasm/expr.ts";
import { commit, type SlowFunctions, tlbHit, tlbHost, tlbMiss, tlbOffset } from "./memory.ts";
import { WIDTH_OF } from "./operands.ts";

export abstract class MemoryEmit extends Code {
  /** The functions behind the inline test. */
  protected abstract readonly memory: SlowFunctions;
  protected abstract use(f: Shared): Callee;
  /** Leaves at this instruction if true: memory can't be reached (the exit fields may say why). */
  protected abstract unreachableIf(cond: Val): void;

  /** Host address for an access, by the TLB or the slow path; leaves with a fault if there is none. */
  protected host(address: Val, bytes: number, write: boolean): Val {
    return this.translate(address, bytes, write, i32.const(bytes));
  }
  /** The test is for `bytes`; the slow path is told `room`. */
  private translate(address: Val, bytes: number, write: boolean, room: Val): Val {
    const a = this.tmp(address);
    const at = this.tmp(tlbOffset(a));
    // The delta is read before the test: it is wrong only where the slow path replaces it.
    const host = this.var(tlbHost(this, a, at));
    const slow = (): void => {
      const f = this.use(write ? this.memory.slowWrite : this.memory.slowRead);
      this.set(host, this.callExpr(f, a, room));
      this.unreachableIf(i32.eqz(this.get(host)));
    };
    super.if(tlbMiss(this, a, at, bytes, write), slow, undefined, false);
    // The variable is not set again, so its value may be used as a temporary.
    return this.get(host);
  }
  load(address: Val, size: 8 | 16 | 32 | 64 | 128): Val {
    return this.ld(WIDTH_OF[size], this.host(address, size / 8, false));
  }
  store(address: Val, size: 8 | 16 | 32 | 64 | 128, v: Val): void {
    this.storeAs(address, size / 8, WIDTH_OF[size], v);
  }
  protected storeAs(address: Val, bytes: number, w: StoreWidth, v: Val): void {
    const a = this.tmp(address);
    const value = this.tmp(v);
    const at = this.tmp(tlbOffset(a));
    super.if(
      tlbHit(this, a, at, bytes, true),
      () => this.st(w, tlbHost(this, a, at), value),
      () => this.unreachableIf(i32.eqz(this.callExpr(this.use(this.memory.slowStore(w)), a, value))),
      true,
    );
  }
  probe(address: Val, bytes: number, access: "r" | "w"): void {
    const a = this.tmp(address);
    this.host(a, 1, access === "w");
    // A second page faults at its first byte.
    const last = i64.and(i64.add(a, i64.const(bytes - 1)), i64.const(-4096));
    if (bytes > 1) this.host(last, 1, access === "w");
  }
  hostPtr(address: Val, access: "r" | "w"): Val {
    const a = this.tmp(address);
    const left = i32.sub(i32.const(4096), i32.and(i32.wrap_i64(a), i32.const(4095)));
    return this.translate(a, 1, access === "w", left);
  }

  /** 32 bytes, as two halves. */
  protected storeWide(address: Val, lo: Val, hi: Val): void {
    const [a, b] = [this.tmp(lo), this.tmp(hi)];
    const host = this.host(address, 32, true);
    this.st("v128", host, a);
    this.st("v128", host, b, 16);
    this.commitBounce(host);
  }
  /** Stores through a host address that `host` gave for writing. */
  protected storeHost(host: Val, size: number, v: Val): void {
    this.st(WIDTH_OF[size], host, v);
    if (size > 8) this.commitBounce(host);
  }
  private commitBounce(host: Val): void {
    super.if(i32.eq(host, i32.const(BOUNCE)), () => this.callVoid(this.use(commit)), undefined, false);
  }
}
