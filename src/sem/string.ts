/**
 * String instructions. A repeated one is a loop inside one instruction: RCX, RSI and RDI are written after each round, so a fault
 * in the middle leaves exactly the rounds done, flags included. What is done at once counts as one instruction.
 * REP MOVS and REP STOS go forward a page at a time through host memory.
 */
import { EXIT } from "../cpu/exit.ts";
import { DF, TF } from "../cpu/flags.ts";
import { ES, FLAG_SYS, RAX, RCX, RDI, RSI } from "../cpu/layout.ts";
import type { Var } from "../wasm/code.ts";
import { i32, select, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, Size } from "./emit.ts";
import { type Family, ONE } from "./operand.ts";
import { width } from "./width.ts";

/** Width of the address registers. */
function address(e: Emit) {
  return width(e.addrSize);
}
/** Linear address of [rSI] or ES:[rDI]. */
function source(e: Emit, bytes: number): Val {
  return e.linear("operand", address(e).toI64(e.reg(RSI, e.addrSize)), bytes, "r");
}
function destination(e: Emit, bytes: number, access: "r" | "w"): Val {
  return e.linear(ES, address(e).toI64(e.reg(RDI, e.addrSize)), bytes, access);
}
function backward(e: Emit): Val {
  return e.tmp(i32.and(e.field("i32", FLAG_SYS), i32.const(DF)));
}
/** Step of the address registers: the operand's bytes, negative with DF set. An address-wide temporary. */
function step(e: Emit, bytes: number): Val {
  const w = address(e);
  return e.tmp(select(backward(e), w.const(-bytes), w.const(bytes)));
}
function advance(e: Emit, n: number, by: Val): void {
  const w = address(e);
  e.setReg(n, e.addrSize, w.mask(w.add(e.reg(n, e.addrSize), by)));
}

/** Takes `rounds` (address-wide) from rCX and returns what is left, a temporary. */
function countDown(e: Emit, rounds: Val): Val {
  const w = address(e);
  const left = e.tmp(w.mask(w.sub(e.reg(RCX, e.addrSize), rounds)));
  e.setReg(RCX, e.addrSize, left);
  return left;
}

/** Repeats while rCX is not 0. `round` does one or more rounds and returns how many (address-wide), a temporary. */
function repeat(e: Emit, round: () => Val): void {
  const w = address(e);
  e.if(i32.eqz(w.eqz(e.reg(RCX, e.addrSize))), () =>
    e.loop((top) => {
      const rounds = round();
      const left = countDown(e, rounds);
      e.if(i32.eqz(w.eqz(left)), () => {
        e.if(e.spend(ONE), () => e.exit(EXIT.BUDGET, "this"));
        e.br(top);
      });
    }),
  );
}

/** Once, or as often as the prefix says (F2 serves as F3 where nothing is compared). */
function simple(once: (e: Emit, by: Val) => void, bytes: number): Semantics {
  return (e) => {
    const by = step(e, bytes);
    if (!e.rep) return once(e, by);
    repeat(e, () => {
      once(e, by);
      return address(e).const(1);
    });
  };
}

/** As `simple`, with a way to do many rounds at once: forward, inside one page. */
function bulk(
  bytes: number,
  once: (e: Emit, by: Val) => void,
  ends: (e: Emit) => Val[],
  many: (e: Emit, rounds: Val) => void,
): Semantics {
  return (e) => {
    const w = address(e);
    const by = step(e, bytes);
    if (!e.rep) return once(e, by);
    if (e.mode !== 64) return simple(once, bytes)(e);
    // Downwards, or traced.
    const down = e.tmp(i32.and(e.field("i32", FLAG_SYS), i32.const(DF | TF)));
    repeat(e, () => {
      // Whole elements up to the nearest page end, at most rCX.
      const fit = ends(e).reduce((a, b) => e.tmp(select(i32.lt_u(a, b), a, b)));
      const count = e.reg(RCX, e.addrSize);
      const inPage = e.tmp(w.fromI32(i32.shr_u(fit, i32.const(Math.log2(bytes)))));
      const rounds: Var = e.var(select(w.lt_u(count, inPage), count, inPage));
      const one = i32.or(down, i32.lt_u(w.toI32(e.get(rounds)), i32.const(2)));
      e.if(
        one,
        () => {
          once(e, by);
          e.set(rounds, w.const(1));
        },
        () => {
          many(e, w.toI32(e.get(rounds)));
        },
      );
      return e.get(rounds);
    });
  };
}
/** Bytes from a linear address to its page's end (i32). */
function toPageEnd(e: Emit, at: Val): Val {
  return e.tmp(i32.sub(i32.const(4096), i32.and(i32.wrap_i64(at), i32.const(4095))));
}
/** Address registers by `rounds` (i32) elements, forward. */
function advanceMany(e: Emit, n: number, rounds: Val, bytes: number): void {
  const w = address(e);
  advance(e, n, w.fromI32(i32.mul(rounds, i32.const(bytes))));
}
function hostWidth(bytes: number): "u8" | "u16" | "i32" | "i64" {
  return bytes === 1 ? "u8" : bytes === 2 ? "u16" : bytes === 4 ? "i32" : "i64";
}

function movs(bytes: number): Semantics {
  const size = (bytes * 8) as Size;
  const once = (e: Emit, by: Val): void => {
    const from = e.load(source(e, bytes), size);
    e.store(destination(e, bytes, "w"), size, from);
    advance(e, RSI, by);
    advance(e, RDI, by);
  };
  const many = (e: Emit, rounds: Val): void => {
    const n = e.tmp(i32.mul(rounds, i32.const(bytes)));
    const from = source(e, bytes);
    // Source first, as its fault comes first; again after the destination, which may have had the page copied.
    e.hostPtr(from, "r");
    const to = e.hostPtr(destination(e, bytes, "w"), "w");
    const src = e.hostPtr(from, "r");
    const distance = i32.sub(to, src);
    // A destination inside the source's stretch, ahead of it, must see what was just written.
    e.if(
      i32.lt_u(i32.sub(distance, ONE), i32.sub(n, ONE)),
      () => copyForward(e, to, src, n, bytes),
      () => e.memoryCopy(to, src, n),
    );
    advanceMany(e, RSI, rounds, bytes);
    advanceMany(e, RDI, rounds, bytes);
  };
  return bulk(bytes, once, (e) => [toPageEnd(e, source(e, bytes)), toPageEnd(e, destination(e, bytes, "w"))], many);
}
/** Element by element through host memory, `n` bytes. */
function copyForward(e: Emit, to: Val, from: Val, n: Val, bytes: number): void {
  const at = e.var(i32.const(0));
  const w = hostWidth(bytes);
  e.loop((top) => {
    e.st(w, i32.add(to, e.get(at)), e.ld(w, i32.add(from, e.get(at))));
    e.set(at, i32.add(e.get(at), i32.const(bytes)));
    e.brIf(i32.lt_u(e.get(at), n), top);
  });
}

function stos(bytes: number): Semantics {
  const size = (bytes * 8) as Size;
  const once = (e: Emit, by: Val): void => {
    e.store(destination(e, bytes, "w"), size, e.reg(RAX, size));
    advance(e, RDI, by);
  };
  const many = (e: Emit, rounds: Val): void => {
    const n = e.tmp(i32.mul(rounds, i32.const(bytes)));
    const to = e.hostPtr(destination(e, bytes, "w"), "w");
    const v = e.reg(RAX, size);
    if (bytes === 1) e.memoryFill(to, v, n);
    else {
      // The first element by hand, the others as copies of what stands before them, doubling.
      e.st(hostWidth(bytes), to, v);
      const done = e.var(i32.const(bytes));
      e.loop((top) => {
        const rest = e.tmp(i32.sub(n, e.get(done)));
        const chunk = e.tmp(select(i32.lt_u(rest, e.get(done)), rest, e.get(done)));
        e.memoryCopy(i32.add(to, e.get(done)), to, chunk);
        e.set(done, i32.add(e.get(done), chunk));
        e.brIf(i32.lt_u(e.get(done), n), top);
      });
    }
    advanceMany(e, RDI, rounds, bytes);
  };
  return bulk(bytes, once, (e) => [toPageEnd(e, destination(e, bytes, "w"))], many);
}

function lods(bytes: number): Semantics {
  const size = (bytes * 8) as Size;
  return simple((e, by) => {
    const v = e.load(source(e, bytes), size);
    e.setReg(RAX, size, v);
    advance(e, RSI, by);
  }, bytes);
}

/** CMPS and SCAS: `operands` loads both sides, `registers` are those that move. */
function compare(bytes: number, operands: (e: Emit, size: Size) => [Val, Val], registers: number[]): Semantics {
  const size = (bytes * 8) as Size;
  return (e) => {
    const v = width(size);
    const w = address(e);
    const by = step(e, bytes);
    const round = (): Val => {
      const [a, b] = operands(e, size);
      for (const n of registers) advance(e, n, by);
      e.flagsSub(size, a, b, e.tmp(v.mask(v.sub(a, b))));
      return v.eq(a, b);
    };
    if (!e.rep) {
      round();
      return;
    }
    e.if(i32.eqz(w.eqz(e.reg(RCX, e.addrSize))), () =>
      e.loop((top) => {
        const equal = round();
        const goOn = e.rep === 0xf3 ? equal : i32.eqz(equal);
        const left = countDown(e, w.const(1));
        e.if(i32.and(i32.eqz(w.eqz(left)), goOn), () => {
          e.if(e.spend(ONE), () => e.exit(EXIT.BUDGET, "this"));
          e.br(top);
        });
      }),
    );
  };
}
/** Processors read [rDI] first: that tells which of two bad addresses faults. */
function cmpsOperands(e: Emit, size: Size): [Val, Val] {
  const b = e.load(destination(e, size / 8, "r"), size);
  return [e.load(source(e, size / 8), size), b];
}
const cmps = (bytes: number): Semantics => compare(bytes, cmpsOperands, [RSI, RDI]);
const scas = (bytes: number): Semantics =>
  compare(bytes, (e, size) => [e.reg(RAX, size), e.load(destination(e, bytes, "r"), size)], [RDI]);

export const STRING = {
  MOVSB: movs(1),
  MOVSW: movs(2),
  MOVSD_STR: movs(4),
  MOVSQ: movs(8),
  STOSB: stos(1),
  STOSW: stos(2),
  STOSD: stos(4),
  STOSQ: stos(8),
  LODSB: lods(1),
  LODSW: lods(2),
  LODSD: lods(4),
  LODSQ: lods(8),
  CMPSB: cmps(1),
  CMPSW: cmps(2),
  CMPSD_STR: cmps(4),
  CMPSQ: cmps(8),
  SCASB: scas(1),
  SCASW: scas(2),
  SCASD: scas(4),
  SCASQ: scas(8),
} satisfies Family;
