/** Makes records straight from instruction bytes, by the plans that were made ahead (plans.ts). */
import { CODE_BASE, GPR, HANDLERS, INDEX, PLANS, SEG_BASE, ZERO as ZERO_REG } from "../../cpu/layout.ts";
import type { Shared } from "../../sem/emit.ts";
import type { Code, Label, Var } from "../../wasm/code.ts";
import { i32, i64, select, type Val } from "../../wasm/expr.ts";
import { v128 } from "../../wasm/simd.ts";
import {
  R_BASE,
  R_COUNT,
  R_DISP,
  R_FN,
  R_IMM,
  R_INDEX,
  R_OP0,
  R_OP1,
  R_OP2,
  R_POS,
  R_SCALE,
  R_SEG,
  R_WHERE,
} from "../record.ts";
import { ENDED, ENDS_BLOCK, FN_MASK, LATER, SHORT } from "./numbers.ts";
import {
  BYTE_REG,
  ELSEWHERE,
  FIRST_SHIFT,
  IMM8,
  IMM8U,
  IMM16,
  IMM16U,
  IMM32,
  IMM32U,
  IMM64,
  IMPLIED,
  LOCKABLE,
  NEEDS_B0,
  NEEDS_RM,
  NEVER,
  OF_IS4,
  OF_OPCODE,
  OF_REG,
  OF_RM,
  OF_V,
  ONLY_EIGHT,
  OWN_REP,
  P_INDEX,
  P_MEM,
  P_OPERANDS,
  P_REG,
  PLAN,
  REL8,
  REL32,
  RM_SHIFT,
  STRIDE_SHIFT,
  USES_V,
} from "./plans.ts";
import { bits, MAX_LENGTH, n, QuickHead } from "./quick-head.ts";
import { RIP_DISP_MAX } from "./variant.ts";

const ZERO = i32.const(0);

class QuickInsn extends QuickHead {
  /** A displacement from RIP, to be completed when the length is known. */
  private readonly ripRelative: Var;
  /** Variant by the shape of the memory operand. */
  private readonly shape: Var;
  /** A branch's displacement, and whether there is one. */
  private readonly rel: Var;
  private readonly branches: Var;

  constructor(
    c: Code,
    start: Val,
    end: Val,
    private readonly record: Val,
  ) {
    super(c, start, end);
    this.ripRelative = c.var(ZERO);
    this.shape = c.var(ZERO);
    this.rel = c.var(ZERO);
    this.branches = c.var(ZERO);
  }
  write(offset: Val, nth: Val): void {
    const { c, record } = this;
    const plan = this.choose(this.head());
    const what = c.tmp(this.word(plan));
    const test = (bit: number): Val => i32.and(what, n(bit));
    this.giveUpIf(test(ELSEWHERE));
    const lockable = i32.and(i32.ne(test(LOCKABLE), ZERO), i32.ne(this.get(this.mod), n(3)));
    this.giveUpIf(i32.and(this.get(this.lock), i32.eqz(lockable)));
    this.giveUpIf(i32.and(i32.eqz(test(USES_V)), i32.ne(this.get(this.vvvv), ZERO)));

    const zero = v128.const([0]);
    c.st("v128", record, zero);
    c.st("v128", record, zero, 16);
    const seg = this.get(this.seg);
    const base = i32.add(n(SEG_BASE), i32.shl(seg, n(3)));
    c.st("u16", record, select(seg, base, n(ZERO_REG)), R_SEG);
    this.operands(plan);
    // Linkers make calls longer by a prefix that means nothing to them; where it does mean something is rare.
    const heeded = i32.or(i32.eqz(this.get(this.branches)), test(IMPLIED));
    this.giveUpIf(i32.and(this.get(this.short), i32.ne(heeded, ZERO)));

    const length = c.tmp(i32.sub(this.get(this.pos), this.start));
    this.giveUpIf(i32.gt_u(length, n(MAX_LENGTH)));
    c.if(i32.gt_u(this.get(this.pos), this.end), () => c.ret(n(SHORT)), undefined, false);
    const after = c.tmp(i32.add(offset, length));
    c.if(this.get(this.branches), () =>
      c.st("i64", record, i64.extend_i32_s(i32.add(after, this.get(this.rel))), R_IMM),
    );
    c.if(this.get(this.ripRelative), () =>
      c.st("i32", record, i32.add(c.ldExpr("i32", record, R_DISP), after), R_DISP),
    );
    const index = i32.add(this.word(plan, P_INDEX), this.variant(what));
    const fn = c.ld("u16", i32.shl(index, n(1)), INDEX);
    this.giveUpIf(i32.eqz(fn));
    const number = c.tmp(i32.and(fn, n(FN_MASK)));
    c.if(i32.ge_u(number, c.ldExpr("i32", ZERO, HANDLERS)), () => c.ret(n(LATER)), undefined, false);
    c.st("i32", record, number, R_FN);
    c.st("u8", record, nth, R_POS);
    c.st("u16", record, i32.or(offset, i32.shl(length, n(12))), R_WHERE);
    c.if(i32.eqz(i32.and(fn, n(ENDS_BLOCK))), () => c.ret(length));
    c.st("u16", record, i32.add(nth, n(1)), R_COUNT);
    c.ret(i32.or(length, n(ENDED)));
  }
  private variant(what: Val): Val {
    const rep = this.get(this.rep);
    const own = i32.or(i32.eqz(rep), i32.ne(i32.and(what, n(OWN_REP)), ZERO));
    const implied = select(own, ZERO, select(i32.eq(rep, n(0xf2)), n(2), n(4)));
    return select(i32.and(what, n(IMPLIED)), implied, this.get(this.shape));
  }

  /** The first plan of a chain that holds here, in words. */
  private choose(chain: Val): Val {
    const { c } = this;
    const at = c.var(chain);
    const plan = this.get(at);
    const accepts = c.tmp(select(i32.eq(this.get(this.mod), n(3)), n(P_REG * 4), n(P_MEM * 4)));
    c.block((found) => {
      c.loop((top) => {
        const what = c.tmp(this.word(plan));
        const test = (bit: number): Val => i32.ne(i32.and(what, n(bit)), ZERO);
        this.giveUpIf(i32.eqz(what));
        c.block((other) => {
          const contexts = c.ldExpr("i32", i32.add(i32.shl(plan, n(2)), accepts), PLANS);
          c.brIf(i32.eqz(i32.and(i32.shr_u(contexts, this.get(this.ctx)), n(1))), other);
          c.brIf(test(NEVER), other);
          c.brIf(i32.and(test(NEEDS_RM), i32.ne(bits(what, RM_SHIFT, 7), this.get(this.rm))), other);
          c.brIf(i32.and(test(NEEDS_B0), this.get(this.rex)), other);
          c.br(found);
        });
        c.set(at, i32.add(plan, n(PLAN)));
        c.br(top);
      });
    });
    return plan;
  }

  /** Runs the arm with the index's number, if there is one. */
  private switch(index: Val, arms: readonly (() => void)[]): void {
    const { c } = this;
    c.block((end) => {
      const nest = (i: number, labels: readonly Label[]): void => {
        if (i < 0) c.brTable(index, [...labels, end]);
        else {
          c.block((label) => nest(i - 1, [label, ...labels]));
          arms[i]();
          c.br(end);
        }
      };
      nest(arms.length - 1, []);
    });
  }
  /** Writes what the operands say. */
  private operands(plan: Val): void {
    const { c } = this;
    const at = c.var(i32.add(plan, n(P_OPERANDS)));
    const last = c.tmp(i32.add(plan, n(PLAN)));
    const field = c.var(ZERO);
    const number = c.var(ZERO);
    const rex = (bit: number, shift: number): Val => i32.shl(i32.and(this.get(this.rex), n(bit)), n(shift));
    c.block((done) => {
      c.loop((top) => {
        c.brIf(i32.eq(c.get(at), last), done);
        const word = c.tmp(this.word(c.get(at)));
        c.set(at, i32.add(c.get(at), n(1)));
        const arms: (() => void)[] = new Array(REL32 + 1).fill(() => c.br(done));
        arms[OF_REG] = () => c.set(number, i32.or(this.get(this.reg), rex(4, 1)));
        arms[OF_RM] = () => {
          c.if(i32.ne(this.get(this.mod), n(3)), () => {
            this.memory();
            c.br(top);
          });
          c.set(number, i32.or(this.get(this.rm), rex(1, 3)));
        };
        arms[OF_V] = () => c.set(number, this.get(this.vvvv));
        arms[OF_OPCODE] = () => c.set(number, i32.or(bits(this.get(this.opcode), 0, 7), rex(1, 3)));
        arms[OF_IS4] = () => {
          this.next();
          c.set(number, i32.shr_u(this.get(this.byte), n(4)));
        };
        for (const kind of [IMM8, IMM8U, IMM16, IMM16U, IMM32, IMM32U, IMM64]) {
          arms[kind] = () => {
            this.immediate(kind);
            c.br(top);
          };
        }
        for (const kind of [REL8, REL32]) {
          arms[kind] = () => {
            c.set(this.rel, this.signed(kind === REL8 ? 1 : 4));
            c.set(this.branches, n(1));
            c.br(done);
          };
        }
        this.switch(bits(word, 0, 15), arms);
        this.register(word, number, field);
        c.br(top);
      });
    });
  }
  /** Writes the address of register `number` of the operand's class to the next field. */
  private register(word: Val, number: Var, field: Var): void {
    const { c } = this;
    const first = c.var(i32.shr_u(word, n(FIRST_SHIFT)));
    const value = this.get(number);
    c.if(
      i32.and(word, n(ONLY_EIGHT)),
      () => c.set(number, i32.and(value, n(7))),
      () => {
        const bare = i32.and(i32.eqz(this.get(this.rex)), i32.ge_u(value, n(4)));
        c.if(i32.and(i32.ne(i32.and(word, n(BYTE_REG)), ZERO), bare), () => {
          c.set(number, i32.sub(value, n(4)));
          c.set(first, i32.add(c.get(first), n(1)));
        });
      },
    );
    const address = i32.add(c.get(first), i32.shl(value, bits(word, STRIDE_SHIFT, 15)));
    const [to, place] = [c.tmp(address), c.get(field)];
    const fields = [R_OP0, R_OP1, R_OP2, R_IMM].map((f, i) => () => {
      c.st("u16", this.record, to, f);
      c.set(field, n(i + 1));
    });
    this.switch(place, fields);
  }

  /** The next 1, 2 or 4 bytes, as a signed number. */
  private signed(bytes: 1 | 2 | 4): Val {
    const { c } = this;
    const v = c.ld(bytes === 1 ? "s8" : bytes === 2 ? "s16" : "i32", this.get(this.pos));
    c.set(this.pos, i32.add(this.get(this.pos), n(bytes)));
    return v;
  }
  private immediate(kind: number): void {
    const { c, record } = this;
    const size = kind <= IMM8U ? 1 : kind <= IMM16U ? 2 : 4;
    let low = this.signed(size);
    if (kind === IMM8U) low = i32.and(low, n(0xff));
    if (kind === IMM16U) low = i32.and(low, n(0xffff));
    c.st("i32", record, low, R_IMM);
    const high = kind === IMM64 ? this.signed(4) : kind === IMM32U ? ZERO : i32.shr_s(low, n(31));
    c.st("i32", record, high, R_IMM + 4);
  }

  /** The memory operand (SDM volume 2, section 2.1.5, with addresses of 64 bits). */
  private memory(): void {
    const { c, record, mod } = this;
    const gpr = (number: Val): Val => i32.add(n(GPR), i32.shl(number, n(3)));
    const rex = (bit: number, shift: number): Val => i32.shl(i32.and(this.get(this.rex), n(bit)), n(shift));
    const base = c.var(gpr(i32.or(this.get(this.rm), rex(1, 3))));
    const index = c.var(n(ZERO_REG));
    const wide = c.var(i32.eq(this.get(mod), n(2)));
    c.set(this.shape, select(this.get(this.seg), n(2), n(1)));
    const nowhere = i32.eqz(this.get(mod));
    c.if(
      i32.eq(this.get(this.rm), n(4)),
      () => {
        this.next();
        const sib = this.get(this.byte);
        const number = c.tmp(i32.or(bits(sib, 3, 7), rex(2, 2)));
        c.if(i32.ne(number, n(4)), () => {
          c.set(index, gpr(number));
          c.set(this.shape, n(2));
          c.st("u8", record, i32.shr_u(sib, n(6)), R_SCALE);
        });
        c.set(base, gpr(i32.or(bits(sib, 0, 7), rex(1, 3))));
        c.if(i32.and(i32.eq(bits(sib, 0, 7), n(5)), nowhere), () => {
          c.set(base, n(ZERO_REG));
          c.set(wide, n(1));
        });
      },
      () => {
        c.if(i32.and(i32.eq(this.get(this.rm), n(5)), nowhere), () => {
          c.set(base, n(CODE_BASE));
          c.set(wide, n(1));
          c.set(this.ripRelative, n(1));
        });
      },
    );
    const disp = c.var(ZERO);
    c.if(
      i32.eq(this.get(mod), n(1)),
      () => c.set(disp, this.signed(1)),
      () => c.if(c.get(wide), () => c.set(disp, this.signed(4))),
    );
    this.giveUpIf(i32.and(this.get(this.ripRelative), i32.gt_s(c.get(disp), n(RIP_DISP_MAX))));
    c.st("u16", record, c.get(base), R_BASE);
    c.st("u16", record, c.get(index), R_INDEX);
    c.st("i32", record, c.get(disp), R_DISP);
  }
}

/**
 * (record, start and end of the bytes at hand, offset in the page, position in the block) -> the length of the instruction
 * at the start, with ENDED if it ends the block; SHORT; LATER; or 0 if its record is to be made otherwise (decode/). Reads up to 15
 * bytes behind the end.
 */
export const quickInsn: Shared = {
  name: "quickInsn",
  params: ["i32", "i32", "i32", "i32", "i32"],
  result: "i32",
  body: (c) => {
    const [record, start, end, offset, nth] = [0, 1, 2, 3, 4].map((i) => c.param(i));
    new QuickInsn(c, start, end, record).write(offset, nth);
  },
};
