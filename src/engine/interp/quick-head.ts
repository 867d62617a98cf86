/** The first part of `quickInsn`: prefixes, opcode and ModRM of an instruction (SDM volume 2, section 2). */
import { FS, PLANS } from "../../cpu/layout.ts";
import { CTX_66, CTX_F2, CTX_F3, CTX_LENGTH_SHIFT, CTX_REX_W, CTX_W } from "../../decode/contexts.ts";
import { LEGACY, VEX } from "../../isa/slot.ts";
import type { Code, Var } from "../../wasm/code.ts";
import { i32, select, type Val } from "../../wasm/expr.ts";
import { SHORT } from "./numbers.ts";
import { HAS_MODRM, MOD_IGNORED } from "./plans.ts";

export const MAX_LENGTH = 15;
const ZERO = i32.const(0);

export function n(v: number): Val {
  return i32.const(v);
}
/** Some bits, shifted down. */
export function bits(v: Val, shift: number, mask: number): Val {
  return i32.and(shift ? i32.shr_u(v, n(shift)) : v, n(mask));
}

/** What is known of the instruction so far, in locals. */
export class QuickHead {
  /** Host address of the next byte. */
  readonly pos: Var;
  /** The last one that was read. */
  readonly byte: Var;
  readonly rep: Var;
  readonly lock: Var;
  readonly seg: Var;
  /** Addresses have 32 bits. */
  readonly short: Var;
  /** The prefix, or of VEX the bits that it would have had. */
  readonly rex: Var;
  /** decode/contexts.ts. */
  readonly ctx: Var;
  readonly mod: Var;
  readonly rm: Var;
  readonly reg: Var;
  readonly vvvv: Var;
  readonly opcode: Var;
  private readonly map: Var;
  private readonly space: Var;

  constructor(
    protected readonly c: Code,
    protected readonly start: Val,
    /** Host address behind the last byte at hand. */
    protected readonly end: Val,
  ) {
    const zero = (): Var => c.var(ZERO);
    this.pos = c.var(start);
    [this.byte, this.rep, this.lock, this.seg, this.rex, this.ctx] = [zero(), zero(), zero(), zero(), zero(), zero()];
    [this.rm, this.reg, this.vvvv, this.opcode] = [zero(), zero(), zero(), zero()];
    this.short = zero();
    this.mod = c.var(n(3));
    this.map = zero();
    this.space = c.var(n(LEGACY << 11));
  }
  protected get(x: Var): Val {
    return this.c.get(x);
  }
  /** Leaves the function: the instruction is not made here. What lies behind the end may have misled. */
  protected giveUpIf(cond: Val): void {
    const behind = i32.gt_u(this.get(this.pos), this.end);
    this.c.if(cond, () => this.c.ret(select(behind, n(SHORT), ZERO)), undefined, false);
  }
  protected word(at: Val, offset = 0): Val {
    return this.c.ldExpr("i32", i32.shl(at, n(2)), PLANS + offset * 4);
  }
  protected next(): void {
    const { c, pos, byte } = this;
    c.set(byte, c.ldExpr("u8", this.get(pos)));
    c.set(pos, i32.add(this.get(pos), n(1)));
  }
  private is(value: number, mask = 0xff): Val {
    const b = this.get(this.byte);
    return i32.eq(mask === 0xff ? b : i32.and(b, n(mask)), n(value));
  }

  /** Reads up to ModRM: the address of the chain of plans to choose from, in words. */
  head(): Val {
    const { c } = this;
    this.prefixes();
    c.if(
      this.is(0xc4, 0xfe),
      () => this.vex(),
      () => this.legacy(),
    );
    const key = i32.or(i32.or(this.get(this.space), i32.shl(this.get(this.map), n(8))), this.get(this.opcode));
    const head = c.tmp(this.word(key));
    this.giveUpIf(i32.eqz(head));
    const list = c.var(i32.shr_u(head, n(2)));
    c.if(i32.and(head, n(HAS_MODRM)), () => {
      this.next();
      const byte = this.get(this.byte);
      c.if(i32.eqz(i32.and(head, n(MOD_IGNORED))), () => c.set(this.mod, i32.shr_u(byte, n(6))));
      c.set(this.reg, bits(byte, 3, 7));
      c.set(this.rm, bits(byte, 0, 7));
      c.set(list, i32.add(c.get(list), this.get(this.reg)));
    });
    return c.tmp(this.word(c.get(list)));
  }
  private prefixes(): void {
    const { c } = this;
    const byte = this.get(this.byte);
    const last = i32.add(this.start, n(MAX_LENGTH - 4));
    this.next();
    c.block((done) => {
      c.loop((top) => {
        c.brIf(this.is(0x40, 0xf0), done);
        c.block((prefix) => {
          const on = (cond: Val, then: () => void): void =>
            c.if(cond, () => {
              then();
              c.br(prefix);
            });
          on(this.is(0x66), () => c.set(this.ctx, n(CTX_66)));
          on(this.is(0xf2, 0xfe), () => c.set(this.rep, byte));
          on(this.is(0xf0), () => c.set(this.lock, n(1)));
          on(this.is(0x67), () => c.set(this.short, n(1)));
          on(this.is(0x64, 0xfe), () => c.set(this.seg, i32.add(n(FS), bits(byte, 0, 1))));
          // CS and DS mean nothing here.
          c.brIf(this.is(0x2e, 0xef), prefix);
          c.br(done);
        });
        this.next();
        this.giveUpIf(i32.gt_u(this.get(this.pos), last));
        c.br(top);
      });
    });
    c.if(this.is(0x40, 0xf0), () => {
      c.set(this.rex, byte);
      this.next();
      // Only the last prefix counts.
      this.giveUpIf(this.is(0x40, 0xf0));
    });
  }
  private legacy(): void {
    const { c, ctx } = this;
    const add = (cond: Val, bit: Val): void => c.if(cond, () => c.set(ctx, i32.or(this.get(ctx), bit)));
    c.if(this.is(0x0f), () => {
      c.set(this.map, n(1));
      this.next();
      c.if(this.is(0x38, 0xfd), () => {
        c.set(this.map, i32.add(n(2), bits(this.get(this.byte), 1, 1)));
        this.next();
      });
    });
    c.set(this.opcode, this.get(this.byte));
    add(this.get(this.rep), select(i32.eq(this.get(this.rep), n(0xf3)), n(CTX_F3), n(CTX_F2)));
    add(i32.and(this.get(this.rex), n(8)), n(CTX_REX_W));
  }
  /** The bytes behind C4 or C5 (section 2.3.5). */
  private vex(): void {
    const { c, ctx, rex, map } = this;
    const byte = this.get(this.byte);
    const inverted = (): Val => i32.xor(byte, n(0xff));
    const others = [ctx, this.rep, this.lock, rex].map((x) => this.get(x)).reduce((a, b) => i32.or(a, b));
    this.giveUpIf(others);
    const three = c.tmp(this.is(0xc4));
    this.next();
    c.set(map, n(1));
    c.set(rex, bits(inverted(), 5, 4));
    c.if(three, () => {
      c.set(rex, bits(inverted(), 5, 7));
      c.set(map, bits(byte, 0, 31));
      this.giveUpIf(i32.gt_u(i32.sub(this.get(map), n(1)), n(2)));
      this.next();
      c.if(i32.and(byte, n(0x80)), () => c.set(ctx, n(CTX_W)));
    });
    c.set(this.vvvv, bits(inverted(), 3, 15));
    const length = i32.shl(bits(byte, 2, 1), n(CTX_LENGTH_SHIFT));
    c.set(ctx, i32.or(this.get(ctx), i32.or(bits(byte, 0, 3), length)));
    this.next();
    c.set(this.space, n(VEX << 11));
    c.set(this.opcode, byte);
  }
}
